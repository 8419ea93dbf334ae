/** A whole .torrent file (BEP 3, 12, 19) from outside: `info`, and the trackers and web seeds that stand beside it. */
import { fail, ok, type Result } from '../../contract/errors.ts';
import type { TorrentFileContents } from '../model/torrent-meta.ts';
import type { TrackerTiers } from '../model/tracker-tiers.ts';
import { asBytes, asList, decodeBencode, splitDictionary, type BencodeValue } from './bencode.ts';
import { boundedTiers, boundedUrls, broken } from './torrent-fields.ts';
import { infoHashOf, readOwnInfo } from './torrent-info.ts';
import { decodeUtf8 } from './utf8.ts';

export const MAX_TORRENT_FILE_BYTES = 10_000_000;

/**
 * Reads a .torrent file of at most 10 MB. Nothing of `bytes` is kept. Fails with `bad-torrent` or `too-large`, saying
 * what to do. At most 100 trackers and 100 web seeds of at most 2048 characters are kept.
 */
export async function readTorrentFile(bytes: Uint8Array): Promise<Result<TorrentFileContents>> {
  if (bytes.length === 0) return fail('bad-torrent', 'This file is empty. Get the .torrent again.');
  if (bytes.length > MAX_TORRENT_FILE_BYTES) {
    return fail(
      'too-large',
      `This file is ${bytes.length} bytes; Rill reads .torrent files of at most ${MAX_TORRENT_FILE_BYTES} bytes.` +
        ' Is it the .torrent, or what it describes?',
    );
  }
  const root = splitDictionary(bytes, { maxBytes: MAX_TORRENT_FILE_BYTES });
  if (!root.ok) {
    return fail(
      root.error.kind,
      `This is not a .torrent file, or it is damaged. ${root.error.message} Get it again from where it came from.`,
    );
  }
  const { entries, flaws } = root.value;
  // With two values for one key, two programs may see two torrents: better none.
  if (flaws.has('duplicate-key')) return broken('it says one thing twice');
  const info = entries.get('info');
  if (!info) return broken('it has no "info"');

  const trackers = trackerTiers(entries);
  const webSeeds = boundedUrls(texts(decoded(entries.get('url-list'))));
  const infoBytes = info.slice();
  const meta = readOwnInfo(infoBytes, await infoHashOf(infoBytes));
  if (!meta.ok) return meta;
  return ok({ meta: meta.value, trackers, webSeeds });
}

/** BEP 12. An `announce` that is in no tier comes first; one that is in a tier stays there. */
function trackerTiers(entries: ReadonlyMap<string, Uint8Array>): TrackerTiers {
  const tiers = boundedTiers((asList(decoded(entries.get('announce-list'))) ?? []).map(texts));
  const [announce] = boundedUrls(texts(decoded(entries.get('announce'))));
  if (announce === undefined || tiers.flat().includes(announce)) return tiers;
  return boundedTiers([[announce], ...tiers]);
}

/** The text of a byte string, or of each one in a list. */
function* texts(value: BencodeValue | undefined): Generator<string> {
  for (const item of asList(value) ?? (value === undefined ? [] : [value])) {
    const bytes = asBytes(item);
    if (bytes) yield decodeUtf8(bytes);
  }
}

function decoded(bytes: Uint8Array | undefined): BencodeValue | undefined {
  const document = bytes && decodeBencode(bytes);
  return document?.ok ? document.value.value : undefined;
}
