/** The shapes the handle pool and the extents meet at: an extent's name and an exclusive, synchronous handle on it. */
/** What is used of a FileSystemSyncAccessHandle (worker-only, so it is not in the page's types). */
export interface SyncHandle {
  read(buffer: Uint8Array, options: { readonly at: number }): number;
  write(buffer: Uint8Array, options: { readonly at: number }): number;
  truncate(sizeBytes: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

export interface ExtentId {
  readonly infoHash: string;
  readonly extent: number;
}

/** Opens an extent, creating it when `mayCreate`; rejects with `NotFoundError` when it is not there and may not be made. */
export type OpenExtent = (
  id: ExtentId,
  mayCreate: boolean,
  signal: AbortSignal,
) => Promise<SyncHandle>;
