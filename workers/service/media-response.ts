/**
 * The head of an answer that carries bytes of a torrent. Those bytes are a stranger's and share our origin, so what
 * is asked for them decides what they may be (FACTS.md, "Serving untrusted files", measured in Chromium): media and
 * our own fetch get content, a document gets an attachment, everything that could run or style gets nothing.
 */
import { mediaTypeOf } from '../contract/media-types.ts';
import { evaluateRange } from './range.ts';

export interface MediaFile {
  readonly infoHash: string;
  readonly fileIndex: number;
  readonly path: string;
  readonly lengthBytes: number;
}

/** What of a request decides which bytes are sent. */
export interface BytesRequest {
  readonly method: string;
  readonly range: string | null;
  readonly ifRange: string | null;
}

export interface MediaRequest extends BytesRequest {
  readonly destination: string;
  /** The URL says `?download=1`. */
  readonly isDownload: boolean;
}

export interface MediaHead {
  readonly status: 200 | 206 | 416;
  readonly headers: Readonly<Record<string, string>>;
  /** The bytes of the body, `endByte` one past the last; `null` when the answer has none. */
  readonly body: { readonly startByte: number; readonly endByte: number } | null;
}

/** The destinations that get content. An allow-list: a destination the platform adds later is refused. */
const INLINE_DESTINATIONS: ReadonlySet<string> = new Set(['', 'audio', 'video', 'track', 'image']);

/** Whether a request with this `Request.destination` may have bytes of a torrent at all; otherwise 403. */
export function mayServe(destination: string): boolean {
  return INLINE_DESTINATIONS.has(destination) || destination === 'document';
}

/** Whether a request with this `Request.destination` may have bytes of a torrent as an attachment; otherwise 403. */
export function maySave(destination: string): boolean {
  return destination === '' || destination === 'document' || destination === 'iframe';
}

/** Builds the head for GET or HEAD. The caller has asked `mayServe` first. */
export function mediaHead(file: MediaFile, request: MediaRequest): MediaHead {
  return headOf(file, request, contentHeaders(file.path, request));
}

/** As `mediaHead`, for a file that is only ever saved. The caller has asked `maySave` first. */
export function attachmentHead(file: MediaFile, request: BytesRequest): MediaHead {
  return headOf(file, request, {
    'Content-Type': 'application/octet-stream',
    'Content-Disposition': attachment(file.path),
  });
}

/** HEAD ignores Range (RFC 9110, 14.2). */
function headOf(
  file: MediaFile,
  request: BytesRequest,
  content: Readonly<Record<string, string>>,
): MediaHead {
  const etag = `"${file.infoHash}-${file.fileIndex}"`;
  const isHead = request.method === 'HEAD';
  const range = evaluateRange(file.lengthBytes, {
    range: isHead ? null : request.range,
    ifRange: request.ifRange,
    etag,
  });
  const common = { ...SAFETY_HEADERS, 'Accept-Ranges': 'bytes', ETag: etag };
  if (range.kind === 'unsatisfiable') {
    return {
      status: 416,
      headers: { ...common, 'Content-Range': `bytes */${file.lengthBytes}` },
      body: null,
    };
  }
  const headers = { ...common, ...content };
  if (range.kind === 'full') {
    const isEmpty = isHead || file.lengthBytes === 0;
    return {
      status: 200,
      headers: { ...headers, 'Content-Length': String(file.lengthBytes) },
      body: isEmpty ? null : { startByte: 0, endByte: file.lengthBytes },
    };
  }
  const { startByte, endByte } = range;
  return {
    status: 206,
    headers: {
      ...headers,
      'Content-Length': String(endByte - startByte),
      'Content-Range': `bytes ${startByte}-${endByte - 1}/${file.lengthBytes}`,
    },
    body: { startByte, endByte },
  };
}

/** Under these a browser neither guesses a type nor runs anything, wherever the bytes end up. */
export const SAFETY_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "sandbox; default-src 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const;

function contentHeaders(path: string, request: MediaRequest): Record<string, string> {
  const type = mediaTypeOf(path);
  const isAttachment = !type || request.isDownload || request.destination === 'document';
  return {
    'Content-Type': type?.mime ?? 'application/octet-stream',
    ...(isAttachment ? { 'Content-Disposition': attachment(path) } : {}),
  };
}

/**
 * `attachment` with the last element of `path` as the name: plain ASCII for old readers and UTF-8 beside it
 * (RFC 6266 section 5, RFC 8187). Control, bidirectional and path characters become `_`, so that the saved name is
 * the name a person reads.
 */
export function attachment(path: string): string {
  const name = (path.split('/').at(-1) ?? '').replace(UNSAFE_IN_NAMES, '_') || 'download';
  const ascii = name.replace(/[^\x20-\x7e]|%/gu, '_');
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}

/** Controls (Cc), formatting incl. bidi (Cf), line separators, lone surrogates, and what file systems refuse. */
const UNSAFE_IN_NAMES = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\\/:*?"<>|]/gu;
