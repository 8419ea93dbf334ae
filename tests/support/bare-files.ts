/** What somebody else may do to the files of the origin-private file system, from a bare page; paths are from its root. */
import type { Page } from '@playwright/test';
import { filesInStorage } from './local-api.ts';

/** Deletes a file, or a folder with all in it. */
export async function removeFile(page: Page, path: string): Promise<void> {
  await page.evaluate(async (elements) => {
    let folder = await navigator.storage.getDirectory();
    for (const name of elements.slice(0, -1)) folder = await folder.getDirectoryHandle(name);
    await folder.removeEntry(elements.at(-1)!, { recursive: true });
  }, path.split('/'));
}

/** Resolves when nobody holds an extent any more: Chromium frees the handles of a closed page some milliseconds later. */
export async function untilUnlocked(page: Page): Promise<void> {
  const paths = Object.keys(await filesInStorage(page)).filter((path) => /\/\d+$/.test(path));
  for (const path of paths) {
    await page.evaluate(async (elements) => {
      let folder = await navigator.storage.getDirectory();
      for (const name of elements.slice(0, -1)) folder = await folder.getDirectoryHandle(name);
      const file = await folder.getFileHandle(elements.at(-1)!);
      for (;;) {
        try {
          // A stream that is given up changes nothing.
          return await (await file.createWritable()).abort();
        } catch (error) {
          if (!(error instanceof DOMException && error.name === 'NoModificationAllowedError'))
            throw error;
          await new Promise((resolve) => requestAnimationFrame(resolve));
        }
      }
    }, path.split('/'));
  }
}

export type FileChange =
  | { readonly truncateTo: number }
  /** Positions of the bytes that become other ones. */
  | { readonly flipAt: readonly number[] }
  /** The file keeps its length; every byte is this one. */
  | { readonly fillWith: number }
  /** Made when it is not there. */
  | { readonly text: string };

/** Changes a file, and with it the time it was changed: no page can keep that. */
export async function changeFile(page: Page, path: string, change: FileChange): Promise<void> {
  await page.evaluate(
    async ({ elements, change }) => {
      let folder = await navigator.storage.getDirectory();
      for (const name of elements.slice(0, -1)) folder = await folder.getDirectoryHandle(name);
      const handle = await folder.getFileHandle(elements.at(-1)!, { create: 'text' in change });
      const file = await handle.getFile();
      const writable = await handle.createWritable({ keepExistingData: !('text' in change) });
      if ('truncateTo' in change) await writable.truncate(change.truncateTo);
      else if ('text' in change) await writable.write(change.text);
      else if ('fillWith' in change) {
        await writable.write(new Uint8Array(file.size).fill(change.fillWith));
      } else {
        for (const position of change.flipAt) {
          const [byte = 0] = new Uint8Array(await file.slice(position, position + 1).arrayBuffer());
          await writable.write({ type: 'write', position, data: new Uint8Array([byte ^ 0xff]) });
        }
      }
      await writable.close();
    },
    { elements: path.split('/'), change },
  );
}

/** SHA-256 of what the file holds, in hex. */
export async function hashFile(page: Page, path: string): Promise<string> {
  return page.evaluate(async (elements) => {
    let folder = await navigator.storage.getDirectory();
    for (const name of elements.slice(0, -1)) folder = await folder.getDirectoryHandle(name);
    const file = await (await folder.getFileHandle(elements.at(-1)!)).getFile();
    const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
    return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }, path.split('/'));
}
