import type { StorageSnapshot } from '../../workers/contract/snapshot.ts';
import { formatBytes } from '../ui/format-bytes.ts';

export interface Room {
  readonly text: string;
  readonly isTight: boolean;
}

/**
 * How the choice compares with the space there is. The browser only guesses how much that is, so a tight fit is
 * said and never refused.
 */
export function room(chosenBytes: number, storage: StorageSnapshot | undefined): Room {
  if (!storage || storage.quotaBytes <= 0) return { text: '', isTight: false };
  const freeBytes = Math.max(0, storage.quotaBytes - storage.usedBytes);
  return chosenBytes > freeBytes
    ? { text: `More than the ${formatBytes(freeBytes)} that seem free`, isTight: true }
    : { text: `${formatBytes(freeBytes)} free`, isTight: false };
}
