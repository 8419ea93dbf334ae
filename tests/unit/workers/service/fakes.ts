/** A file system, an engine and requests, small enough to be read beside the tests that use them. */
import * as Comlink from 'comlink';
import type { Engine } from '../../../../workers/contract/engine.ts';
import { fail, ok, type Result } from '../../../../workers/contract/errors.ts';
import { toInfoHash } from '../../../../workers/contract/ids.ts';
import type { ShelfFile, ShelfRecord } from '../../../../workers/contract/shelf.ts';
import type { EngineCalls, EngineCaller } from '../../../../workers/service/engine-port.ts';
import type { OpenRoot } from '../../../../workers/service/shelf.ts';

export const HASH = toInfoHash('00112233445566778899aabbccddeeff00112233')!;
export const SCOPE = 'https://rill.test/app/';

/** Byte i is (i*7+3) mod 256, as in ranges.json. */
export function pattern(lengthBytes: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: lengthBytes }, (_, i) => (i * 7 + 3) % 256);
}

/** A request as a service worker sees it: scripts cannot set `destination` and `mode`, browsers do. */
export function requestFor(
  path: string,
  init: RequestInit & { destination?: string; navigate?: boolean } = {},
): Request {
  const { destination = '', navigate = false, ...rest } = init;
  const request = new Request(new URL(path, SCOPE), { ...rest, duplex: 'half' } as RequestInit);
  Object.defineProperty(request, 'destination', { value: destination });
  if (navigate) Object.defineProperty(request, 'mode', { value: 'navigate' });
  return request;
}

/** The files of a fake origin-private file system by path; a value may be swapped between reads. */
export type FakeFiles = Map<string, Blob>;

/** When every extent of a fake torrent was written. */
export const WRITTEN_MS = Date.UTC(2026, 10, 20, 10);

/** An extent's file, as if it was last written at `modifiedMs`. */
export function extentFile(content: Uint8Array<ArrayBuffer>, modifiedMs = WRITTEN_MS): File {
  return new File([content], 'extent', { lastModified: modifiedMs });
}

export function rootOver(files: FakeFiles): OpenRoot {
  return async () => folderOver(files, '');
}

/** A folder of them: those whose path begins with `prefix`, which ends in a slash or is empty. */
export function folderOver(files: FakeFiles, prefix: string): FileSystemDirectoryHandle {
  const notFound = (path: string) => new DOMException(`no ${path}`, 'NotFoundError');
  return {
    async getDirectoryHandle(name: string) {
      const path = `${prefix}${name}/`;
      if (![...files.keys()].some((key) => key.startsWith(path))) throw notFound(path);
      return folderOver(files, path);
    },
    async getFileHandle(name: string) {
      if (!files.has(prefix + name)) throw notFound(prefix + name);
      return { getFile: async () => files.get(prefix + name) };
    },
  } as unknown as FileSystemDirectoryHandle;
}

/** The record's entry for the one file of a torrent. */
export function clipOf(lengthBytes: number, isFinished: boolean): ShelfFile {
  return { path: 'clip.mp4', lengthBytes, offsetBytes: 0, isFinished };
}

/** A torrent of `bytes` as one finished file (or the given ones) on the shelf. */
export function shelve(
  bytes: Uint8Array<ArrayBuffer>,
  extra: Partial<ShelfRecord> = {},
): { files: FakeFiles; record: ShelfRecord } {
  const extentLengthBytes = extra.extentLengthBytes ?? 4096;
  const extentCount = Math.ceil(bytes.byteLength / extentLengthBytes);
  const record: ShelfRecord = {
    version: 2,
    infoHash: HASH,
    name: 'clip',
    lengthBytes: bytes.byteLength,
    extentLengthBytes,
    files: [clipOf(bytes.byteLength, true)],
    extents: Array.from({ length: extentCount }, (_, extent) => ({
      extent,
      sizeBytes: Math.min(extentLengthBytes, bytes.byteLength - extent * extentLengthBytes),
      modifiedMs: WRITTEN_MS,
    })),
    ...extra,
  };
  const files: FakeFiles = new Map();
  files.set(`torrents/${HASH}/shelf.json`, new Blob([JSON.stringify(record)]));
  for (let k = 0; k < extentCount; k++) {
    const start = k * extentLengthBytes;
    const content = bytes.slice(start, start + extentLengthBytes);
    files.set(`torrents/${HASH}/${k}`, extentFile(content));
  }
  return { files, record };
}

/** An engine caller that reaches `calls` directly; a call that is not there fails as if nobody ran the engine. */
export function callerOf(calls: Partial<EngineCalls>): EngineCaller {
  return {
    async call<T>(ask: (engine: EngineCalls) => Promise<Result<T>>): Promise<Result<T>> {
      const played = async () => ok(null);
      return ask({ played, ...calls } as EngineCalls);
    },
  };
}

export const noCaller: EngineCaller = {
  async call() {
    return fail('engine-starting', 'nobody runs the engine', { retryAfterS: 2 });
  },
};

/** `openStream` over `bytes`: one chunk for each pull. `log` tells what the reader said. */
export function streamOver(
  bytes: Uint8Array<ArrayBuffer>,
  options: { path?: string; chunkBytes?: number; log?: string[] } = {},
): EngineCalls['openStream'] {
  const { path = 'clip.mp4', chunkBytes = 1000, log = [] } = options;
  return async (request, port) => {
    log.push(`open ${request.startByte}-${request.endByte}`);
    let at = request.startByte;
    port.onmessage = ({ data }) => {
      log.push(data.kind);
      if (data.kind === 'cancel') return port.close();
      if (at === request.endByte) return port.postMessage({ kind: 'end' });
      const until = Math.min(request.endByte, at + chunkBytes);
      const chunk = bytes.slice(at, until).buffer;
      at = until;
      port.postMessage({ kind: 'chunk', bytes: chunk }, [chunk]);
    };
    return ok({ path, lengthBytes: bytes.byteLength });
  };
}

/** Exposes an engine the way the engine worker does, and returns the other end of its port. */
export function exposed(engine: Partial<Engine>): { port: MessagePort; engineEnd: MessagePort } {
  const { port1, port2 } = new MessageChannel();
  Comlink.expose(engine, port2);
  return { port: port1, engineEnd: port2 };
}

/** A `File` as it is when it is written to after it was taken: size and time are known, reading it fails. */
export function unreadable(): File {
  const blob = extentFile(new Uint8Array(4096));
  const failing = () => Promise.reject(new DOMException('changed', 'NotReadableError'));
  const slice = new Blob(['x']);
  slice.slice = () => Object.assign(new Blob(['x']), { arrayBuffer: failing });
  blob.slice = () => slice;
  return blob;
}
