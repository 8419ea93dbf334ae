/**
 * Turns what a person gave (a link, a hash, a URL, a file) into one checked description of a torrent. Everything outside
 * passes the strict readers and the host policy here; nothing later looks at raw input again.
 */
import type { AddSource } from '../../contract/engine.ts';
import { fail, ok, type Result } from '../../contract/errors.ts';
import type { InfoHash } from '../../contract/ids.ts';
import type { TorrentMeta } from '../model/torrent-meta.ts';
import { uniqueTiers, type TrackerTiers } from '../model/tracker-tiers.ts';
import { whyUnsupported } from '../model/unsupported-tracker.ts';
import { checkUrl } from '../readers/host-policy.ts';
import { readMagnet } from '../readers/magnet.ts';
import { readTorrentFile } from '../readers/torrent-file.ts';

const MAX_TORRENT_FILE_BYTES = 10_000_000;
const FETCH_TIMEOUT_MS = 20_000;

export interface TorrentSource {
  readonly infoHash: InfoHash;
  readonly name: string | null;
  readonly meta: TorrentMeta | null;
  readonly trackers: TrackerTiers;
  readonly webSeeds: readonly string[];
  /** Files the link itself asks for (BEP 53), or `null` for all. */
  readonly files: readonly number[] | null;
}

export interface HostPolicy {
  /** Absolute URL of the folder the app is served from. */
  readonly baseUrl: string;
  readonly isLoopbackApp: boolean;
}

/** Fails with the reader's own reason, or `fetch-failed` when a URL gives no torrent. */
export async function readSource(
  source: AddSource,
  policy: HostPolicy,
): Promise<Result<TorrentSource>> {
  if (source.kind === 'torrent-file') return fromFile(source.bytes, policy);
  const text = source.text.trim();
  if (/^data:/i.test(text)) return fromDataUrl(text, policy);
  const address = addressToFetch(text, policy);
  if (address) return address.ok ? fromUrl(address.value, policy) : address;
  const magnet = readMagnet(text);
  if (!magnet.ok) return magnet;
  const { infoHash, name, trackers, webSeeds, selected } = magnet.value;
  return ok({
    infoHash,
    name,
    meta: null,
    // A link knows no tiers: each tracker is one, as other apps take it too.
    trackers: keptTrackers(
      trackers.map((url) => [url]),
      policy,
    ),
    webSeeds: allowedWebSeeds(webSeeds, policy),
    files: selected,
  });
}

/** The address that `readSource` fetches for this text, or why it may not; `null` for what is no address. */
export function addressToFetch(text: string, policy: HostPolicy): Result<URL> | null {
  if (!/^\s*https?:/i.test(text)) return null;
  const { isLoopbackApp } = policy;
  return checkUrl(text.trim(), { schemes: ['https:', 'http:'], isLoopbackApp });
}

/** The trackers a page can reach and may reach: WebSocket, and not inside the user's network. */
export function allowedTrackers(urls: readonly string[], policy: HostPolicy): string[] {
  return allowed(urls, ['wss:', 'ws:'], policy);
}

/**
 * The trackers a torrent keeps, each once: those that a page may reach, and those of kinds that no page can (`udp:`, `http:`),
 * which are shown and go into its link, and are never contacted.
 */
export function keptTrackers(tiers: TrackerTiers, policy: HostPolicy): TrackerTiers {
  return uniqueTiers(
    tiers.map((urls) =>
      urls.flatMap((url) =>
        isForOthers(url) ? [new URL(url).href] : allowedTrackers([url], policy),
      ),
    ),
  );
}

function isForOthers(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { username, password } = new URL(url);
  return username === '' && password === '' && whyUnsupported(url) !== null;
}

/**
 * The web seeds that may be asked: http(s), and not inside the user's network unless they lie beside the app. A relative
 * one is resolved against the app's own folder, which is how the sample finds its clip at any base path.
 */
export function allowedWebSeeds(urls: readonly string[], policy: HostPolicy): string[] {
  const absolute = urls
    .filter((url) => URL.canParse(url, policy.baseUrl))
    .map((url) => new URL(url, policy.baseUrl).href);
  const { origin } = new URL(policy.baseUrl);
  const schemes = ['https:', 'http:'];
  // The origin of a `blob:` URL is its maker's: the scheme counts too.
  const own = absolute
    .map((url) => new URL(url))
    .filter((url) => url.origin === origin && schemes.includes(url.protocol))
    .map((url) => url.href);
  return [...new Set([...own, ...allowed(absolute, schemes, policy)])];
}

function allowed(
  urls: readonly string[],
  schemes: readonly string[],
  policy: HostPolicy,
): string[] {
  const checked = urls.map((url) =>
    checkUrl(url, { schemes, isLoopbackApp: policy.isLoopbackApp }),
  );
  return [...new Set(checked.flatMap((result) => (result.ok ? [result.value.href] : [])))];
}

async function fromFile(bytes: Uint8Array, policy: HostPolicy): Promise<Result<TorrentSource>> {
  const read = await readTorrentFile(bytes);
  if (!read.ok) return read;
  const { meta, trackers, webSeeds } = read.value;
  return ok({
    infoHash: meta.infoHash,
    name: meta.name,
    meta,
    trackers: keptTrackers(trackers, policy),
    webSeeds: allowedWebSeeds(webSeeds, policy),
    files: null,
  });
}

function fromDataUrl(
  text: string,
  policy: HostPolicy,
): Result<TorrentSource> | Promise<Result<TorrentSource>> {
  const match = /^data:[^,]*;base64,([A-Za-z0-9+/=\s]*)$/i.exec(text);
  if (!match) {
    return fail(
      'bad-torrent',
      'This data: link does not hold a torrent in base64. Use the .torrent file itself.',
    );
  }
  if (match[1]!.length > MAX_TORRENT_FILE_BYTES * 1.4) return tooLarge();
  try {
    return fromFile(
      Uint8Array.from(atob(match[1]!), (char) => char.charCodeAt(0)),
      policy,
    );
  } catch {
    return fail(
      'bad-torrent',
      'The base64 in this data: link is damaged. Copy the whole link again.',
    );
  }
}

async function fromUrl(address: URL, policy: HostPolicy): Promise<Result<TorrentSource>> {
  try {
    const response = await fetch(address, {
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      redirect: 'error',
      signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
    });
    if (!response.ok) return unreachable(`it answered ${response.status}`);
    const bytes = await readBounded(response);
    return bytes ? await fromFile(bytes, policy) : tooLarge();
  } catch {
    return unreachable('it did not answer, or does not allow web pages to read it');
  }
}

async function readBounded(response: Response): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body!.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    length += part.value.length;
    if (length > MAX_TORRENT_FILE_BYTES) {
      void reader.cancel();
      return null;
    }
    chunks.push(part.value);
  }
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer());
}

function unreachable(why: string) {
  return fail(
    'fetch-failed',
    `The address gave no torrent: ${why}. Download the .torrent file and drop it here instead.`,
  );
}

function tooLarge() {
  return fail('too-large', 'This torrent file is larger than 10 MB. Rill does not open it.');
}
