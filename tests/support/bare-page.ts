/**
 * A page of the app's origin without the app: no engine, no service worker. What is stored can be looked at and damaged
 * there while nobody else has it open.
 */
import type { BrowserContext, Page } from '@playwright/test';
import { sha1, type MadeTorrent } from './torrents.ts';

/** Opens one; close it before the app is opened again. */
export async function openBarePage(context: BrowserContext, appUrl: string): Promise<Page> {
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  // The service worker of an earlier visit would answer with the app.
  await session.send('Network.enable');
  await session.send('Network.setBypassServiceWorker', { bypass: true });
  const url = new URL('bare-page.html', appUrl).href;
  await page.route(url, (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>bare</title>' }),
  );
  await page.goto(url);
  return page;
}

/** One database of the catalogue, named after its only store. */
export type RecordKind = 'torrents' | 'resume' | 'settings';

/** Every record of one kind, by key; none when the database was never made. */
export async function readRecords(page: Page, kind: RecordKind): Promise<Map<string, unknown>> {
  const entries = await page.evaluate(async (store) => {
    const known = await indexedDB.databases();
    // Opening would make it.
    if (!known.some(({ name }) => name === `rill-${store}`)) return [];
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const opening = indexedDB.open(`rill-${store}`);
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
    });
    const found: [string, unknown][] = [];
    await new Promise<void>((resolve, reject) => {
      const walking = database.transaction(store).objectStore(store).openCursor();
      walking.onerror = () => reject(walking.error);
      walking.onsuccess = () => {
        const cursor = walking.result;
        if (!cursor) return resolve();
        found.push([String(cursor.key), cursor.value]);
        cursor.continue();
      };
    });
    database.close();
    return found;
  }, kind);
  return new Map(entries);
}

/** Puts a value under a key of the catalogue, whatever was there. The database has to be there already. */
export async function writeRecord(
  page: Page,
  kind: RecordKind,
  key: string,
  value: unknown,
): Promise<void> {
  await page.evaluate(
    async ({ kind, key, value }) => {
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const opening = indexedDB.open(`rill-${kind}`);
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error);
      });
      await new Promise<void>((resolve, reject) => {
        const change = database.transaction(kind, 'readwrite', { durability: 'strict' });
        change.objectStore(kind).put(value, key);
        change.oncomplete = () => resolve();
        change.onerror = () => reject(change.error);
      });
      database.close();
    },
    { kind, key, value },
  );
}

/** A checkpoint as it lies in the database. */
export interface RawResume {
  readonly generation: number;
  readonly have: Uint8Array;
}

/** The newest checkpoint of the torrent, `null` when there is none. */
export async function newestResume(page: Page, infoHash: string): Promise<RawResume | null> {
  const records = await readRecords(page, 'resume');
  const both = [records.get(`${infoHash}/0`), records.get(`${infoHash}/1`)] as (
    RawResume | undefined
  )[];
  return both.reduce<RawResume | null>(
    (newest, it) => (it && it.generation > (newest?.generation ?? -1) ? it : newest),
    null,
  );
}

/** The pieces that a bitfield names (BEP 3 bit order). */
export function piecesIn(have: Uint8Array, pieceCount: number): number[] {
  const all = Array.from({ length: pieceCount }, (_, index) => index);
  return all.filter((index) => (have[index >> 3]! & (0x80 >> (index & 7))) !== 0);
}

/** Of these pieces, those whose bytes in storage are not what the torrent says. */
export async function wrongPieces(
  page: Page,
  torrent: MadeTorrent,
  pieces: readonly number[],
): Promise<number[]> {
  const { infoHash, pieceLength, content } = torrent;
  const hashes = await page.evaluate(
    async ({ infoHash, pieces, pieceLength, lengthBytes, extentLength }) => {
      const root = await navigator.storage.getDirectory();
      const torrents = await root.getDirectoryHandle('torrents', { create: true });
      const folder = await torrents.getDirectoryHandle(infoHash, { create: true });
      let open = { extent: -1, bytes: new ArrayBuffer(0) };
      const found: string[] = [];
      for (const index of pieces) {
        const offset = index * pieceLength;
        const extent = Math.floor(offset / extentLength);
        if (extent !== open.extent) {
          const file = await folder.getFileHandle(String(extent)).then(
            (handle) => handle.getFile(),
            () => new Blob([]),
          );
          open = { extent, bytes: await file.arrayBuffer() };
        }
        const at = offset - extent * extentLength;
        const end = at + Math.min(pieceLength, lengthBytes - offset);
        const piece = new Uint8Array(open.bytes).subarray(at, end);
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', piece));
        found.push(Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join(''));
      }
      return found;
    },
    {
      infoHash,
      pieces: [...pieces],
      pieceLength,
      lengthBytes: content.length,
      extentLength: extentLengthOf(pieceLength),
    },
  );
  const right = (index: number) =>
    sha1(content.subarray(index * pieceLength, (index + 1) * pieceLength)).toString('hex');
  return pieces.filter((index, i) => hashes[i] !== right(index));
}

/** The layout as storage/README.md gives it, on its own so that a mistake in the code is not made here too. */
export function extentLengthOf(pieceLength: number): number {
  return Math.floor((64 * 1024 * 1024) / pieceLength) * pieceLength;
}

/** The finished files of the shelf whose extents are as it says, with the SHA-256 of what is stored of each. */
export function finishedFiles(
  page: Page,
  infoHash: string,
): Promise<{ readonly path: string; readonly sha256: string }[]> {
  return page.evaluate(async (hash) => {
    const root = await navigator.storage.getDirectory();
    const found: { path: string; sha256: string }[] = [];
    let folder: FileSystemDirectoryHandle;
    let shelf: {
      extentLengthBytes: number;
      files: { path: string; lengthBytes: number; offsetBytes: number; isFinished: boolean }[];
      extents: { extent: number; sizeBytes: number; modifiedMs: number }[];
    };
    try {
      folder = await (await root.getDirectoryHandle('torrents')).getDirectoryHandle(hash);
      shelf = JSON.parse(await (await (await folder.getFileHandle('shelf.json')).getFile()).text());
    } catch {
      return found;
    }
    for (const { path, lengthBytes, offsetBytes, isFinished } of shelf.files) {
      if (!isFinished) continue;
      const parts: Blob[] = [];
      let isAsSaid = true;
      for (let at = offsetBytes; at < offsetBytes + lengthBytes;) {
        const extent = Math.floor(at / shelf.extentLengthBytes);
        const start = extent * shelf.extentLengthBytes;
        const end = Math.min(offsetBytes + lengthBytes, start + shelf.extentLengthBytes);
        const file = await folder.getFileHandle(String(extent)).then(
          (handle) => handle.getFile(),
          () => new File([], 'gone'),
        );
        const stamp = shelf.extents.find((it) => it.extent === extent);
        isAsSaid &&= stamp?.sizeBytes === file.size && stamp.modifiedMs === file.lastModified;
        parts.push(file.slice(at - start, end - start));
        at = end;
      }
      if (!isAsSaid) continue;
      const digest = await crypto.subtle.digest('SHA-256', await new Blob(parts).arrayBuffer());
      const sha256 = Array.from(new Uint8Array(digest), (byte) =>
        byte.toString(16).padStart(2, '0'),
      ).join('');
      found.push({ path, sha256 });
    }
    return found;
  }, infoHash);
}
