/**
 * After "clear site data" Chromium lets open handles go on "succeeding" while everything is gone (FACTS.md). An empty file
 * that is there from the start is gone too then, and that can be seen.
 */
import { errorName } from '../storage-errors.ts';
import type { OpenRoot } from './torrent-folders.ts';

const MARKER_FILE = 'rill-marker';

export class Marker {
  readonly #openRoot: OpenRoot;
  #isSet = false;

  constructor(openRoot: OpenRoot) {
    this.#openRoot = openRoot;
  }

  /**
   * True unless the marker set by an earlier call has gone; it is set again then, so each loss is told once. Trouble of any
   * other kind says nothing about a loss. Never rejects.
   */
  async isThere(): Promise<boolean> {
    try {
      const root = await this.#openRoot();
      const isFound = this.#isSet ? await exists(root) : true;
      await root.getFileHandle(MARKER_FILE, { create: true });
      this.#isSet = true;
      return isFound;
    } catch {
      return true;
    }
  }
}

async function exists(root: FileSystemDirectoryHandle): Promise<boolean> {
  try {
    await root.getFileHandle(MARKER_FILE);
    return true;
  } catch (error) {
    if (errorName(error) === 'NotFoundError') return false;
    throw error;
  }
}
