/** The ways a person adds a torrent on the page itself. */
import type { Locator, Page } from '@playwright/test';

export interface PickedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Where links are pasted and errors are shown: the dialog, opened when it is not. */
export async function openAddDialog(page: Page): Promise<Locator> {
  const dialog = page.getByRole('dialog');
  if (!(await dialog.isVisible()))
    await page.getByRole('button', { name: 'Add', exact: true }).click();
  return dialog;
}

/** Types a link into the open dialog and asks to look inside. */
export async function lookInside(dialog: Locator, text: string): Promise<void> {
  await dialog.getByLabel('Magnet link or info hash').fill(text);
  await dialog.getByRole('button', { name: 'Look inside' }).click();
}

/** Presses "Choose a .torrent" and picks the file in the system's chooser. */
export async function chooseFile(page: Page, file: PickedFile): Promise<void> {
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Choose a .torrent' }).click(),
  ]);
  await chooser.setFiles([
    { name: file.name, mimeType: 'application/x-bittorrent', buffer: Buffer.from(file.bytes) },
  ]);
}

/** Drags a file over the page and drops it there. */
export async function dropFile(page: Page, file: PickedFile): Promise<void> {
  const dataTransfer = await page.evaluateHandle(
    ({ name, base64 }) => {
      const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], name));
      return transfer;
    },
    { name: file.name, base64: Buffer.from(file.bytes).toString('base64') },
  );
  for (const type of ['dragenter', 'dragover', 'drop']) {
    await page.dispatchEvent('body', type, { dataTransfer, bubbles: true, cancelable: true });
  }
}

/** Puts text on the clipboard and presses the paste keys, wherever the focus is. */
export async function pasteText(page: Page, text: string): Promise<void> {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], {
    origin: new URL(page.url()).origin,
  });
  await page.evaluate((copied) => navigator.clipboard.writeText(copied), text);
  await page.keyboard.press('ControlOrMeta+v');
}
