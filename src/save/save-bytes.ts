/** Where the bytes that are saved come from: the service worker, in one of two ways. */
import type { StoredFile, StoredFileWanted } from '../../workers/contract/stored-file.ts';
import { streamUrl } from '../player/stream-url.ts';

/** Which file of which torrent. */
export interface FileId {
  readonly infoHash: string;
  readonly index: number;
}

export interface SaveBytes {
  /** The whole file as it is stored, when it is finished and untouched: nothing of it passes through the page. */
  stored(file: FileId): Promise<Blob | null>;
  /** The bytes from `startByte` on, wherever they are. Rejects when the connection breaks. */
  stream(file: FileId, startByte: number, signal: AbortSignal): Promise<Response>;
}

/** A service worker answers at once; one that is being stopped never does. */
const PATIENCE_MS = 5_000;

/** The bytes as a page of the app gets them. */
export const pageBytes: SaveBytes = {
  stored({ infoHash, index }) {
    const worker = navigator.serviceWorker?.controller;
    if (!worker) return Promise.resolve(null);
    return new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      const finish = (file: StoredFile) => {
        clearTimeout(timer);
        port1.close();
        resolve(file);
      };
      const timer = setTimeout(() => finish(null), PATIENCE_MS);
      port1.onmessage = ({ data }) => finish(data instanceof Blob ? data : null);
      const wanted = { kind: 'stored-file-wanted', infoHash, fileIndex: index } as const;
      worker.postMessage(wanted satisfies StoredFileWanted, [port2]);
    });
  },
  stream: ({ infoHash, index }, startByte, signal) =>
    fetch(streamUrl(document.baseURI, infoHash, index, 'file'), {
      headers: { Range: `bytes=${startByte}-` },
      signal,
    }),
};
