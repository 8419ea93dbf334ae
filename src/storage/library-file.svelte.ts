import type { LibraryImport } from '../../workers/contract/engine.ts';
import { fail, type RillError } from '../../workers/contract/errors.ts';
import type { EngineClient } from '../engine/engine-client.svelte.ts';

/** A library is metadata only; what is larger is not even read. */
const MAX_LIBRARY_BYTES = 100_000_000;

/** idle ──► working ──► exported | imported | failed ──► working … */
export type LibraryFileState =
  | { readonly kind: 'idle' | 'working' }
  | { readonly kind: 'exported'; readonly fileName: string }
  | { readonly kind: 'imported'; readonly result: LibraryImport }
  | { readonly kind: 'failed'; readonly error: RillError };

export interface LibraryFileDeps {
  readonly engine: Pick<EngineClient, 'call'>;
  /** Hands a file to the browser's downloads. */
  readonly saveFile: (fileName: string, bytes: Uint8Array) => void;
  readonly now: () => Date;
}

/** The library (torrents and settings, no content) as one file, out and in. */
export class LibraryFile {
  readonly #deps: LibraryFileDeps;
  #state = $state.raw<LibraryFileState>({ kind: 'idle' });

  constructor(deps: LibraryFileDeps) {
    this.#deps = deps;
  }

  get state(): LibraryFileState {
    return this.#state;
  }

  async export(): Promise<void> {
    this.#state = { kind: 'working' };
    const result = await this.#deps.engine.call((engine) => engine.exportLibrary());
    if (!result.ok) return this.#failed(result.error);
    const fileName = libraryFileName(this.#deps.now());
    this.#deps.saveFile(fileName, result.value);
    this.#state = { kind: 'exported', fileName };
  }

  async import(file: Blob): Promise<void> {
    this.#state = { kind: 'working' };
    const bytes = await readLibrary(file);
    if (!bytes) {
      const message =
        'This file cannot be a Rill library: it is too large, or it cannot be read. Choose a file that was exported here.';
      return this.#failed(fail('bad-library', message).error);
    }
    const result = await this.#deps.engine.call((engine) => engine.importLibrary(bytes));
    if (!result.ok) return this.#failed(result.error);
    this.#state = { kind: 'imported', result: result.value };
  }

  #failed(error: RillError): void {
    this.#state = { kind: 'failed', error };
  }
}

/** `3 torrents added, paused. 2 were here already.` */
export function importText({ added, known }: LibraryImport): string {
  const news =
    added === 0
      ? 'Nothing new was in it.'
      : `${added} ${added === 1 ? 'torrent' : 'torrents'} added, paused.`;
  if (known === 0) return news;
  return `${news} ${known} ${known === 1 ? 'was' : 'were'} here already.`;
}

/** `rill-library-2026-11-20.json`, by the person's own calendar. */
export function libraryFileName(now: Date): string {
  const digits = (value: number) => String(value).padStart(2, '0');
  return `rill-library-${now.getFullYear()}-${digits(now.getMonth() + 1)}-${digits(now.getDate())}.json`;
}

/** `null` when it is too large, or gone since it was chosen. */
async function readLibrary(file: Blob): Promise<Uint8Array | null> {
  if (file.size > MAX_LIBRARY_BYTES) return null;
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    return null;
  }
}
