/** The browser's own dialogs for a place on the disk, where it has them (Chromium), and what is done where it has not. */
import type { SaveBytes } from './save-bytes.ts';
import { pageBytes } from './save-bytes.ts';

/** What a save needs of the browser. */
export interface SavePlatform {
  readonly bytes: SaveBytes;
  /** Asks for a file; `null` when the person thinks better of it, `undefined` when the browser cannot ask. */
  pickFile(suggestedName: string): Promise<FileSystemFileHandle | null | undefined>;
  /** Asks for a folder to write into; otherwise as `pickFile`. */
  pickFolder(): Promise<FileSystemDirectoryHandle | null | undefined>;
  /** The head of a download, or why there is none. */
  head(url: string): Promise<Response>;
  /** Opens an address that answers with an attachment: the page stays, the browser's own download begins. */
  download(url: string): void;
}

declare global {
  /** Chromium has them; TypeScript's DOM library does not. */
  interface Window {
    readonly showSaveFilePicker?: (options: {
      readonly suggestedName: string;
    }) => Promise<FileSystemFileHandle>;
    readonly showDirectoryPicker?: (options: {
      readonly id: string;
      readonly mode: 'readwrite';
      readonly startIn: 'downloads';
    }) => Promise<FileSystemDirectoryHandle>;
  }
}

/** The browser this page runs in; asked at each click, because both pickers need the click's activation. */
export const browserPlatform: SavePlatform = {
  bytes: pageBytes,
  pickFile: (suggestedName) => unlessDismissed(window.showSaveFilePicker?.({ suggestedName })),
  pickFolder: () =>
    unlessDismissed(
      window.showDirectoryPicker?.({ id: 'save', mode: 'readwrite', startIn: 'downloads' }),
    ),
  head: (url) => fetch(url, { method: 'HEAD' }),
  download: (url) => location.assign(url),
};

async function unlessDismissed<Handle>(
  picked: Promise<Handle> | undefined,
): Promise<Handle | null | undefined> {
  try {
    return await picked;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') return null;
    throw cause;
  }
}
