/**
 * Stands in for what webtorrent imports but Rill replaces or a worker cannot have: node's own modules, its store (which
 * deletes OPFS data at import), its link parser, its discovery, its web seeds and simple-peer (FACTS.md says why).
 * vite.config.ts aliases them here; calling any of it is a mistake.
 */
export default {};

function replaced(): never {
  throw new Error('this part of webtorrent is replaced in Rill');
}

export { replaced as Client, replaced as parseInput, replaced as toMagnetURI };
export { replaced as toTorrentFile, replaced as remote, replaced as NodeServer };
export { replaced as BrowserServer, replaced as chunkStoreWrite, replaced as chunkStoreRead };
