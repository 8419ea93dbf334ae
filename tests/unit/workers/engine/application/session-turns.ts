/** The turns of a session as the rules have them (session.property.test.ts). */
import { expect } from 'vitest';
import type { Settings } from '../../../../../workers/contract/settings.ts';
import type { TorrentDetail } from '../../../../../workers/contract/snapshot.ts';
import type { Reached } from './session-reached.ts';

/** At most as many run as may; forced ones run beside them. */
export function checkTurns(
  details: readonly TorrentDetail[],
  { maxActiveMetadata, maxActiveDownloads, maxActiveSeeds }: Settings,
  isMoving: (infoHash: string) => boolean,
  reached: Reached,
): void {
  const limits = {
    metadata: maxActiveMetadata,
    download: maxActiveDownloads,
    seed: maxActiveSeeds,
  };
  for (const kind of ['metadata', 'download', 'seed'] as const) {
    const ofKind = details.filter((detail) => kindOf(detail) === kind);
    const running = ofKind.filter(({ infoHash, isForced }) => !isForced && isMoving(infoHash));
    expect(running.length, kind).toBeLessThanOrEqual(limits[kind]);
    if (ofKind.some(({ queuePosition }) => queuePosition > 0)) {
      reached.note(`turns awaited: ${kind}`);
    }
  }
}

function kindOf({ pieceCount, progress }: TorrentDetail): 'metadata' | 'download' | 'seed' {
  if (pieceCount === 0) return 'metadata';
  return progress === 1 ? 'seed' : 'download';
}
