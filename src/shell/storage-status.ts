import type { BackpressureSnapshot, StorageSnapshot } from '../../workers/contract/snapshot.ts';
import { formatBytes } from '../ui/format-bytes.ts';

export interface StorageStatus {
  /** 0 to 1 of what the browser says we may use; null when it does not say. */
  readonly fraction: number | null;
  readonly usedText: string;
  readonly freeText: string;
  /** What the person should know beyond the numbers, most important first. */
  readonly note: string | null;
  readonly tone: 'plain' | 'warn';
}

/** What the storage line says. `quotaBytes` is the browser's guess, not the disk's free space. */
export function storageStatus(
  storage: StorageSnapshot,
  backpressure: BackpressureSnapshot,
): StorageStatus {
  const { usedBytes, quotaBytes } = storage;
  const fraction = quotaBytes > 0 ? Math.min(usedBytes / quotaBytes, 1) : null;
  const isNearlyFull = fraction !== null && fraction > 0.95;
  const degraded =
    storage.backend === 'memory'
      ? 'Kept in memory only: closing Rill loses it'
      : storage.backend === 'none'
        ? 'No storage: nothing can be downloaded'
        : null;
  return {
    fraction,
    usedText: usedBytes === 0 ? 'Nothing stored yet' : `${formatBytes(usedBytes)} used`,
    freeText: quotaBytes > 0 ? `${formatBytes(Math.max(0, quotaBytes - usedBytes))} free` : '',
    note:
      degraded ??
      (isNearlyFull ? 'Almost full: remove something to go on' : null) ??
      (backpressure.isBackpressured ? 'Disk is catching up' : null) ??
      (storage.backend === 'indexeddb' ? 'Slower storage in use' : null) ??
      (storage.persisted ? null : usedBytes > 0 ? 'The browser may clear this' : null),
    tone: degraded || isNearlyFull ? 'warn' : 'plain',
  };
}
