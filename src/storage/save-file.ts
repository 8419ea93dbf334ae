/** How long the browser may take to begin with a download before its URL is let go. */
const URL_LIFE_MS = 60_000;

/** Hands a small file, held in memory, to the browser's downloads. */
export function saveFile(fileName: string, bytes: Uint8Array, type = 'application/json'): void {
  const blob = new Blob([new Uint8Array(bytes)], { type });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), URL_LIFE_MS);
}
