/**
 * A page that saves a finished file asks the service worker for it over a port of its own. What comes back is a handle to
 * stored bytes, not the bytes: the browser copies them to the disk itself, and no script holds any of them.
 */
export interface StoredFileWanted {
  readonly kind: 'stored-file-wanted';
  readonly infoHash: string;
  readonly fileIndex: number;
}

/** Posted once to the port. `null`: only the engine can answer for these bytes, ask `stream/…`. */
export type StoredFile = Blob | null;
