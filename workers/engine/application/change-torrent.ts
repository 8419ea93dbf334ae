/**
 * Changes what is one torrent's own: which files, how urgent, its limits, trackers and web seeds. All fields are checked
 * against the torrent before the first of them is changed.
 */
import type { TorrentChange } from '../../contract/engine.ts';
import { fail, ok, type Result } from '../../contract/errors.ts';
import { checkTorrentChange } from '../model/torrent-change.ts';
import { uniqueTiers, type TrackerTiers } from '../model/tracker-tiers.ts';
import { allowedWebSeeds, keptTrackers, type HostPolicy } from './add-source.ts';
import type { TorrentTask } from './torrent.ts';
import type { OwnSettings } from './torrent-context.ts';

/** `change` is as it came from outside. Fails with `bad-request` naming the field, and with StorageError's reasons by throwing. */
export async function changeTorrent(
  task: TorrentTask,
  change: unknown,
  policy: HostPolicy,
): Promise<Result<null>> {
  const checked = checkTorrentChange(change);
  if (!checked.ok) return checked;
  const files = checkFilesOf(task, checked.value);
  if (!files.ok) return files;
  const trackers = trackersAfter(task, checked.value, policy);
  if (!trackers.ok) return trackers;
  const webSeeds = webSeedsAfter(task, checked.value, policy);
  if (!webSeeds.ok) return webSeeds;
  const { selected, filePriorities, limits, superSeeding, priority } = checked.value;
  const { isForced, sequential, keepOffline } = checked.value;
  const own: Partial<OwnSettings> = {
    ...(filePriorities && { filePriorities: prioritiesAfter(task, filePriorities) }),
    ...(limits && { limits: { ...task.record.limits, ...limits } }),
    ...(superSeeding !== undefined && { superSeeding }),
    ...(priority && { priority }),
    ...(isForced !== undefined && { isForced }),
    ...(sequential !== undefined && { sequential }),
    ...(keepOffline !== undefined && { keepOffline }),
    ...(trackers.value && { trackers: trackers.value }),
    ...(webSeeds.value && { webSeeds: webSeeds.value }),
  };
  if (Object.keys(own).length) await task.adjust(own);
  if (selected) await task.select(selected);
  return ok(null);
}

function checkFilesOf({ meta }: TorrentTask, change: TorrentChange): Result<null> {
  const isFile = (index: number) => !meta || meta.files[index]?.isPad === false;
  const { selected = [], filePriorities = {} } = change;
  const none = selected.find((index) => !isFile(index));
  if (none !== undefined) return noSuchFile('selected', none);
  const key = Object.keys(filePriorities).find((index) => !isFile(Number(index)));
  return key === undefined ? ok(null) : noSuchFile('filePriorities', Number(key));
}

function noSuchFile(field: string, index: number) {
  return fail('bad-request', `${field}: the torrent has no file ${index}.`, { field });
}

/** What is normal is not kept. */
function prioritiesAfter(task: TorrentTask, changed: OwnSettings['filePriorities']) {
  const merged = { ...task.record.filePriorities, ...changed };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== 'normal'));
}

/** `null`: as they are. */
function trackersAfter(
  { record, meta }: TorrentTask,
  { addTrackers = [], removeTrackers = [] }: TorrentChange,
  policy: HostPolicy,
): Result<TrackerTiers | null> {
  if (!addTrackers.length && !removeTrackers.length) return ok(null);
  if (addTrackers.length && meta?.isPrivate) {
    return refuse(
      'addTrackers',
      'the torrent is private, so only its own trackers may be told of it',
    );
  }
  const added = addTrackers.map((url) => keptTrackers([[url]], policy)[0]?.[0]);
  const bad = addTrackers[added.indexOf(undefined)];
  if (bad !== undefined) {
    return refuse('addTrackers', `${bad} is not a tracker address outside your own network`);
  }
  const removed = new Set(removeTrackers.map(sameSpelling));
  const own = new Set(record.trackers.flat().map(sameSpelling));
  const foreign = [...removed].find((url) => !own.has(url));
  if (foreign !== undefined) {
    return refuse(
      'removeTrackers',
      `${foreign} is not a tracker of this torrent itself. Those added to every torrent are in the settings`,
    );
  }
  const kept = record.trackers.map((tier) => tier.filter((url) => !removed.has(sameSpelling(url))));
  return ok(uniqueTiers([...kept, ...added.map((url) => [url!])]));
}

function sameSpelling(url: string): string {
  return URL.canParse(url) ? new URL(url).href : url;
}

/** `null`: as they are. */
function webSeedsAfter(
  { record }: TorrentTask,
  { addWebSeeds = [] }: TorrentChange,
  policy: HostPolicy,
): Result<readonly string[] | null> {
  if (!addWebSeeds.length) return ok(null);
  const bad = addWebSeeds.find((url) => allowedWebSeeds([url], policy).length === 0);
  if (bad !== undefined) {
    return refuse('addWebSeeds', `${bad} is not an http(s) address outside your own network`);
  }
  return ok([...new Set([...record.webSeeds, ...allowedWebSeeds(addWebSeeds, policy)])]);
}

function refuse(field: string, why: string) {
  return fail('bad-request', `${field}: ${why}.`, { field });
}
