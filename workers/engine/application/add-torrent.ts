/** Adds a torrent to the session, or tells one that is here already what is new. Call in its turn (shared-calls.ts). */
import type { AddOptions, Added } from '../../contract/engine.ts';
import { ok, type Result } from '../../contract/errors.ts';
import type { TorrentRecord } from '../model/catalogue.ts';
import type { TorrentMeta } from '../model/torrent-meta.ts';
import { ownOf, OWN_DEFAULTS } from '../model/torrent-change.ts';
import type { Admitted } from './add-gate.ts';
import type { TorrentSource } from './add-source.ts';
import { attempt } from './reason-of.ts';
import type { SessionParts } from './session-parts.ts';
import type { TorrentTask } from './torrent.ts';
import type { OwnSettings } from './torrent-context.ts';

/** `options` are checked already. Fails with StorageError's reasons; then nothing was added. */
export async function addTorrent(
  parts: SessionParts,
  { found, ...limited }: Admitted,
  options: AddOptions,
): Promise<Result<Added>> {
  const { torrents, publisher } = parts;
  const { infoHash } = found;
  const { hold = false } = options;
  const meta = found.meta ?? (await torrents.recall(infoHash));
  const existing = torrents.get(infoHash);
  if (existing) {
    existing.used();
    await tell(existing, found, meta, options);
    return ok({ infoHash, isNew: false, ...limited });
  }
  const record = recordOf(parts, found, meta, options);
  const task = torrents.enter(record, meta, hold);
  return attempt(async () => {
    try {
      if (!hold) await parts.options.storage.catalogue.saveTorrent(record);
    } catch (error) {
      // What could not be saved would be gone after a reload: better not to begin.
      torrents.leave(task);
      throw error;
    }
    await task.begin();
    if (!hold) parts.backUp();
    publisher.changed();
    return ok({ infoHash, isNew: true, ...limited });
  });
}

async function tell(
  task: TorrentTask,
  found: TorrentSource,
  meta: TorrentMeta | null,
  { hold = false, paused = false, files, ...options }: AddOptions,
): Promise<void> {
  if (meta) await task.learn(meta.infoBytes);
  // What a link names is contacted when a person has said so, not while it is only looked into.
  if (hold) return;
  await task.addWebSeeds(found.webSeeds);
  if (!task.isHeld) return;
  // Before it is anybody's turn.
  if (paused) await task.pause();
  await task.start(files ?? found.files, ownAdded(options));
}

function recordOf(
  parts: SessionParts,
  found: TorrentSource,
  meta: TorrentMeta | null,
  { paused = false, files, ...options }: AddOptions,
): TorrentRecord {
  const { infoHash, trackers, webSeeds } = found;
  const addedAt = parts.now();
  return {
    version: 5,
    infoHash,
    name: meta?.name ?? found.name ?? infoHash,
    infoBytes: meta?.infoBytes ?? null,
    trackers,
    webSeeds,
    files: files ?? found.files,
    ...OWN_DEFAULTS,
    ...ownAdded(options),
    pausedBy: paused ? 'user' : null,
    addedAt,
    queueOrder: parts.torrents.queue.orderAt(Date.parse(addedAt)),
    lastUsedAt: addedAt,
    completedAt: null,
  };
}

/** What the torrent has of its own by being added so. */
function ownAdded({ priority, ...options }: AddOptions): Partial<OwnSettings> {
  return { ...(priority && { priority }), ...ownOf(options) };
}
