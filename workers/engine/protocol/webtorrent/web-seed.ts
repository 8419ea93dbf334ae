/**
 * An HTTP server as a peer (BEP 19), asking for exact ranges. webtorrent's own request carries headers that force a CORS
 * preflight most hosts refuse (FACTS.md); ours carries `Range` alone, follows no redirect and takes no wrong length.
 */
import WebConn from 'webtorrent/lib/webconn.js';
import type { TorrentMeta } from '../../model/torrent-meta.ts';

const REQUEST_TIMEOUT_MS = 60_000;

export class WebSeed extends WebConn {
  readonly #hangUp = new AbortController();

  constructor(
    readonly seedUrl: string,
    readonly meta: TorrentMeta,
  ) {
    super(seedUrl, { pieces: { length: meta.pieceHashes.length / 20 } });
  }

  /** Nobody waits for what is still under way: a paused torrent must not go on receiving it. */
  override destroy(): void {
    this.#hangUp.abort();
    super.destroy();
  }

  override async httpRequest(
    piece: number,
    offset: number,
    length: number,
    callback: (error: Error | null, bytes?: Uint8Array) => void,
  ): Promise<void> {
    try {
      const start = piece * this.meta.pieceLength + offset;
      const bytes = new Uint8Array(length);
      const parts = webSeedRanges(this.seedUrl, this.meta, start, length);
      await Promise.all(
        parts.map(async (part) => {
          if (!part.url) return;
          const into = bytes.subarray(part.at, part.at + part.length);
          await fetchRange(part, part.url, this.#hangUp.signal, into);
        }),
      );
      callback(null, bytes);
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

export interface WebSeedRange {
  /** `null` for padding, which is zero bytes and never asked for (BEP 47). */
  readonly url: string | null;
  /** First byte within the file at `url`. */
  readonly start: number;
  readonly length: number;
  /** Where the bytes go in the answer. */
  readonly at: number;
}

/** Which ranges of which URLs make up `length` bytes from `start` of the torrent's line of bytes. */
export function webSeedRanges(
  seedUrl: string,
  meta: Pick<TorrentMeta, 'files' | 'isMultiFile' | 'rawName'>,
  start: number,
  length: number,
): WebSeedRange[] {
  const ranges: WebSeedRange[] = [];
  for (const file of meta.files) {
    const from = Math.max(start, file.offsetBytes);
    const to = Math.min(start + length, file.offsetBytes + file.lengthBytes);
    if (from >= to) continue;
    ranges.push({
      url: file.isPad ? null : fileUrl(seedUrl, meta, file.rawPath),
      start: from - file.offsetBytes,
      length: to - from,
      at: from - start,
    });
  }
  return ranges;
}

/** BEP 19: a URL that ends in `/` is a folder that holds the torrent's name; a multi-file torrent always is a folder. */
function fileUrl(
  seedUrl: string,
  meta: Pick<TorrentMeta, 'isMultiFile' | 'rawName'>,
  rawPath: readonly string[],
): string {
  if (!meta.isMultiFile) {
    return seedUrl.endsWith('/') ? seedUrl + encodeURIComponent(meta.rawName) : seedUrl;
  }
  const folder = seedUrl.endsWith('/') ? seedUrl : `${seedUrl}/`;
  return folder + [meta.rawName, ...rawPath].map(encodeURIComponent).join('/');
}

async function fetchRange(
  { start, length }: WebSeedRange,
  url: string,
  hangUp: AbortSignal,
  into: Uint8Array,
): Promise<void> {
  const response = await fetch(url, {
    headers: { Range: `bytes=${start}-${start + length - 1}` },
    cache: 'no-store',
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    redirect: 'error',
    signal: AbortSignal.any([hangUp, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
  });
  if (response.status === 206) return readExactly(response, 0, into);
  // A server that ignores ranges sends the whole file; take our part and hang up.
  if (response.status === 200) return readExactly(response, start, into);
  throw new Error(`the web seed answered ${response.status}`);
}

/** Skips `skip` bytes, fills `into`, then stops the transfer. A shorter body is an error. */
async function readExactly(response: Response, skip: number, into: Uint8Array): Promise<void> {
  const reader = response.body!.getReader();
  let at = -skip;
  while (at < into.length) {
    const { done, value } = await reader.read();
    if (done) throw new Error('the web seed sent too little');
    const from = Math.max(0, -at);
    const part = value.subarray(from, from + into.length - Math.max(0, at));
    if (part.length) into.set(part, Math.max(0, at));
    at += value.length;
    free(value);
  }
  void reader.cancel();
}

/** At once: V8 lets some 64 MiB of buffers gather before it looks (docs/decisions/0005). */
function free({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) buffer.transfer?.(0);
}
