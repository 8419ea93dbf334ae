/** Hands a page the stored bytes of a finished file (contract/stored-file.ts), under the rules of the shelf. */
import { toInfoHash } from '../contract/ids.ts';
import type { StoredFile } from '../contract/stored-file.ts';
import { readFinishedFile, readShelf, type OpenRoot } from './shelf.ts';

/** What is needed of an `ExtendableMessageEvent`. */
export interface PortMessage {
  readonly data: unknown;
  readonly ports: readonly MessagePort[];
  waitUntil(work: Promise<unknown>): void;
}

/** Answers the message if it is one of these; any other is left alone. */
export function answerStoredFile(event: PortMessage, openRoot: OpenRoot): void {
  const [port] = event.ports;
  const wanted = toWanted(event.data);
  if (!port || !wanted) return;
  event.waitUntil(
    findStored(openRoot, wanted.infoHash, wanted.fileIndex).then((file) => port.postMessage(file)),
  );
}

async function findStored(
  openRoot: OpenRoot,
  hash: unknown,
  fileIndex: unknown,
): Promise<StoredFile> {
  const infoHash = toInfoHash(hash);
  const shelf = infoHash && (await readShelf(openRoot, infoHash));
  if (!shelf || typeof fileIndex !== 'number') return null;
  const lengthBytes = shelf.files[fileIndex]?.lengthBytes ?? 0;
  return readFinishedFile(shelf, fileIndex, 0, lengthBytes);
}

function toWanted(data: unknown): { infoHash: unknown; fileIndex: unknown } | null {
  const isWanted =
    typeof data === 'object' &&
    data !== null &&
    'kind' in data &&
    data.kind === 'stored-file-wanted' &&
    'infoHash' in data &&
    'fileIndex' in data;
  return isWanted ? { infoHash: data.infoHash, fileIndex: data.fileIndex } : null;
}
