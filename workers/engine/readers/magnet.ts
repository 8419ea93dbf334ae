/**
 * Magnet links (BEP 9, BEP 53) and bare info hashes from outside. Only keys that Rill knows are looked at: `xt`, `dn`,
 * `tr`, `ws` and `so`. The others (`xs` and `as` fetch, `x.pe` connects, and some libraries take any key at all for a
 * setting of theirs) are never even named in what comes out.
 */
import { fail, ok, type Result } from '../../contract/errors.ts';
import { toInfoHash, type InfoHash } from '../../contract/ids.ts';
import type { MagnetContents } from '../model/torrent-meta.ts';
import { base32ToBytes, bytesToHex } from './encoding.ts';
import { readFileSelection } from './magnet-selection.ts';
import { sanitizeElement } from './sanitize-path.ts';
import { boundedUrls } from './torrent-fields.ts';

/** Characters of a link. Honest ones are under 10,000, even with a hundred trackers. */
export const MAX_MAGNET_LENGTH = 64 * 1024;

const UNDERSTOOD =
  'Rill understands a magnet link, an info hash (40 hex digits or 32 base32 characters), and a .torrent file or its' +
  ' https address.';

/**
 * Reads a magnet link or a bare info hash (40 hex digits or 32 base32 characters). Never throws, whatever the text.
 * Fails with `bad-torrent`, or `too-large` above 64 Ki characters.
 */
export function readMagnet(text: string): Result<MagnetContents> {
  if (text.length > MAX_MAGNET_LENGTH) {
    return fail(
      'too-large',
      `This link is ${text.length} characters long; Rill reads at most ${MAX_MAGNET_LENGTH}. Use the .torrent file.`,
    );
  }
  const trimmed = text.trim();
  if (trimmed === '') return fail('bad-torrent', `There is nothing here to add. ${UNDERSTOOD}`);
  const query = /^magnet:\??(.*)$/is.exec(trimmed)?.[1];
  if (query !== undefined) return readParameters(query);
  if (!looksLikeHash(trimmed)) {
    return fail('bad-torrent', `This is not a link to a torrent. ${UNDERSTOOD}`);
  }
  const infoHash = readInfoHash(trimmed);
  if (!infoHash.ok) return infoHash;
  return ok({
    infoHash: infoHash.value,
    name: null,
    trackers: [],
    webSeeds: [],
    selected: null,
  });
}

function readParameters(query: string): Result<MagnetContents> {
  // Links copied out of a page's source have `&amp;`. URLSearchParams takes malformed percent-encoding as it comes.
  const parameters = [...new URLSearchParams(query.replaceAll('&amp;', '&'))];
  const valuesOf = (name: string) =>
    parameters.filter(([key]) => isKey(key, name)).map(([, value]) => value);

  const infoHash = readTopics(valuesOf('xt'));
  if (!infoHash.ok) return infoHash;
  const selected = readFileSelection(valuesOf('so'));
  if (!selected.ok) return selected;
  const displayName = valuesOf('dn').find((value) => value.trim() !== '');
  return ok({
    infoHash: infoHash.value,
    name: displayName ? sanitizeElement(displayName.trim(), { platform: 'windows' }) : null,
    trackers: boundedUrls(valuesOf('tr')),
    webSeeds: boundedUrls(valuesOf('ws')),
    selected: selected.value,
  });
}

/** Whether to answer about an info hash (too short, a wrong letter) and not about links in general. */
function looksLikeHash(text: string): boolean {
  return text.length <= 128 && /^(?:[0-9a-f]{8,}|[0-9a-z]{16,})$/i.test(text);
}

/** `tr` and the numbered form `tr.1`, in any case. */
function isKey(key: string, name: string): boolean {
  const lower = key.toLowerCase();
  return (
    lower === name || (lower.startsWith(`${name}.`) && /^\d+$/.test(lower.slice(name.length + 1)))
  );
}

/** The first well-formed `urn:btih:` counts; failing that, the message is about what there was. */
function readTopics(topics: readonly string[]): Result<InfoHash> {
  let failure: Result<InfoHash> | null = null;
  for (const topic of topics) {
    const hash = /^urn:btih:(.*)$/is.exec(topic.trim())?.[1];
    if (hash === undefined) continue;
    const infoHash = readInfoHash(hash.trim());
    if (infoHash.ok) return infoHash;
    failure ??= infoHash;
  }
  if (failure) return failure;
  if (topics.some((topic) => /^\s*urn:btmh:/i.test(topic))) return v2Only('This link is');
  return fail(
    'bad-torrent',
    'This magnet link has no info hash (xt=urn:btih:…). Copy the whole link again.',
  );
}

function readInfoHash(text: string): Result<InfoHash> {
  const base32 = text.length === 32 ? base32ToBytes(text) : null;
  const infoHash = toInfoHash(base32 ? bytesToHex(base32) : text);
  if (infoHash) return ok(infoHash);
  const isHex = /^[0-9a-f]*$/i.test(text);
  if (isHex && (text.length === 64 || (text.length === 68 && text.startsWith('1220')))) {
    return v2Only('This info hash is');
  }
  const length = text.length;
  const problem =
    length === 40 || length === 32
      ? `The info hash has a character that is not ${length === 40 ? 'a hex digit' : 'base32 (a to z, 2 to 7)'}`
      : `The info hash has ${length} ${length === 1 ? 'character' : 'characters'}`;
  return fail(
    'bad-torrent',
    `${problem}; expected are 40 hex digits or 32 base32 characters. Copy the whole link again.`,
  );
}

function v2Only(subject: string) {
  return fail(
    'bad-torrent',
    `${subject} for BitTorrent v2 only, which Rill cannot download yet.` +
      ' Look for a link with xt=urn:btih: (v1 or hybrid).',
  );
}
