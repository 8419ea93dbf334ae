/** What was saved through the pickers, when the origin-private file system stands in for the person's disk. */
import type { Page } from '@playwright/test';

const FOLDER = 'the-disk';

/** Makes both pickers answer with real handles of a folder in the origin-private file system: the dialogs cannot be driven. */
export async function usePrivateDisk(page: Page): Promise<void> {
  await page.addInitScript((folder) => {
    const disk = async () =>
      (await navigator.storage.getDirectory()).getDirectoryHandle(folder, { create: true });
    Object.assign(window, {
      showDirectoryPicker: disk,
      showSaveFilePicker: async ({ suggestedName }: { suggestedName: string }) =>
        (await disk()).getFileHandle(suggestedName, { create: true }),
    });
  }, FOLDER);
}

/** Takes both pickers away, as in Firefox and Safari. */
export async function useNoPickers(page: Page): Promise<void> {
  await page.addInitScript(() => {
    for (const name of ['showDirectoryPicker', 'showSaveFilePicker'])
      Object.defineProperty(window, name, { value: undefined });
  });
}

/** SHA-256 in hex of every file on that disk, by path. */
export function savedFiles(page: Page): Promise<Record<string, string>> {
  return page.evaluate(async (folder) => {
    type Folder = FileSystemDirectoryHandle & {
      entries(): AsyncIterable<[string, FileSystemHandle]>;
    };
    const found: Record<string, string> = {};
    const walk = async (at: FileSystemDirectoryHandle, prefix: string): Promise<void> => {
      for await (const [name, entry] of (at as Folder).entries()) {
        if (entry.kind === 'directory') {
          await walk(entry as FileSystemDirectoryHandle, `${prefix}${name}/`);
          continue;
        }
        const file = await (entry as FileSystemFileHandle).getFile();
        const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
        const hex = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0'));
        found[prefix + name] = hex.join('');
      }
    };
    const root = await navigator.storage.getDirectory();
    await walk(await root.getDirectoryHandle(folder, { create: true }), '');
    return found;
  }, FOLDER);
}
