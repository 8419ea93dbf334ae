/** What one snapshot costs to build, in a session of the engine's own parts that has nothing else to do. */
import '../../../workers/engine/protocol/webtorrent/polyfills.ts';
import { Session } from '../../../workers/engine/application/session.ts';
import { createDeps } from '../../../workers/engine/browser-deps.ts';
import { RtcPool } from '../../../workers/engine/protocol/rtc-peer/rtc-pool.ts';
import { WebtorrentSwarm } from '../../../workers/engine/protocol/webtorrent/swarm.ts';
import { openStorage } from '../../../workers/engine/storage/open-storage.ts';
import { SnapshotUpdates } from '../../../workers/engine/application/snapshot-updates.ts';
import type { SnapshotUpdate } from '../../../workers/contract/snapshot.ts';
import { answerInput } from '../answer-input.ts';

export interface SnapshotInput {
  readonly torrentFiles: readonly Uint8Array[];
  readonly snapshots: number;
}

/** One time for each snapshot, in ms: to build it and what a port is told of it, and to copy that for another context. */
export interface SnapshotCosts {
  readonly buildMs: readonly number[];
  readonly copyMs: readonly number[];
}

/** As often as the engine makes them, so that no loop runs hotter than it ever does. */
const PERIOD_MS = 50;

answerInput(async ({ torrentFiles, snapshots }: SnapshotInput): Promise<SnapshotCosts> => {
  const deps = createDeps();
  const session = await Session.start({
    storage: await openStorage(deps),
    swarm: new WebtorrentSwarm(new RtcPool(new MessageChannel().port1), deps),
    deps,
    version: 'bench',
    policy: { baseUrl: `${location.origin}/`, isLoopbackApp: true },
    cleanupPeriodS: 300,
    checkpointIntervalS: 5,
  });
  await session.changeSettings({ trackers: [], stunServers: [] });
  for (const bytes of torrentFiles) {
    const added = await session.add({ kind: 'torrent-file', bytes });
    if (!added.ok) throw new Error(added.error.message);
  }
  const buildMs: number[] = [];
  const copyMs: number[] = [];
  const updates = new SnapshotUpdates();
  for (let n = 0; n < snapshots; n++) {
    await new Promise((resolve) => setTimeout(resolve, PERIOD_MS));
    let told: SnapshotUpdate | null = null;
    const beganMs = performance.now();
    const stop = session.watch((snapshot) => (told = updates.next(snapshot)));
    const builtMs = performance.now();
    structuredClone(told);
    buildMs.push(builtMs - beganMs);
    copyMs.push(performance.now() - builtMs);
    stop();
  }
  return { buildMs, copyMs };
});
