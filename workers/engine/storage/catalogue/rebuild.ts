/**
 * Brings the databases in line with the newest backup when they have lost everything, or are not the ones it was made
 * from: then it is newer than they are, and also says which of their torrents were removed meanwhile.
 *
 * Invariants: what is put back is put back in one step, or an empty library would look like one that was only partly
 * emptied by a person; nothing that cannot be read is written over; a torrent no backup speaks of stays.
 */
import { delMany, get, getMany, keys, setMany } from 'idb-keyval';
import { toInfoHash } from '../../../contract/ids.ts';
import { SHELF_ROOT } from '../../../contract/shelf.ts';
import type { Deps } from '../../model/deps.ts';
import { readSettingsRecord, readTorrent } from '../../model/record-schema.ts';
import type { OpenRoot } from '../opfs/torrent-folders.ts';
import type { Backup } from './backup.ts';
import type { Backups } from './backups.ts';
import { libraryLost, libraryRebuilt, type LibraryNotice } from './notices.ts';
import type { Databases } from './open-databases.ts';
import { forgetResume } from './resume-table.ts';
import { putSettings, SETTINGS_KEY } from './settings-table.ts';

export interface RebuildDeps {
  readonly databases: Databases;
  readonly backups: Backups;
  readonly openRoot: OpenRoot;
  readonly log: Deps['log'];
  tell(notice: LibraryNotice): void;
}

/**
 * Tells when torrents came back or are lost, and resolves to whether a backup is due, because the newest one does not say
 * what the databases say now. Rejects with the browser's error when the library is empty and what should be in it cannot
 * be read or put there.
 */
export async function rebuild(deps: RebuildDeps): Promise<boolean> {
  const { databases, backups, log, tell } = deps;
  const isEmpty = (await keys(databases.torrents)).length === 0;
  const newest = await backups.newest().catch((error: unknown) => {
    if (isEmpty) throw error;
    log('warning', 'the backups of the library cannot be read', error);
    return null;
  });
  if (!newest) return isEmpty && lookForContent(deps);
  const isOurs = newest.names === databases.names;
  if (isOurs && !isEmpty) return false;
  await putBackSettings(newest, databases, isOurs);
  const missing = await putBackTorrents(newest, deps);
  if (missing > 0) tell(libraryRebuilt(missing, newest.at));
  return !isOurs || missing > 0;
}

/** How many torrents of the backup were missing. */
async function putBackTorrents(backup: Backup, deps: RebuildDeps): Promise<number> {
  const { torrents, resume } = deps.databases;
  const stored = await getMany<unknown>(
    backup.torrents.map((entry) => entry.infoHash),
    torrents,
  );
  const replaced = backup.torrents.filter(
    ({ infoHash }, i) =>
      stored[i] === undefined || readTorrent(infoHash, stored[i]).kind === 'read',
  );
  const records = await Promise.all(replaced.map((entry) => deps.backups.toRecord(entry)));
  await delMany([...backup.removed], torrents);
  await forgetResume(resume, backup.removed);
  await setMany(
    records.map((record) => [record.infoHash, record]),
    torrents,
  );
  return stored.filter((value) => value === undefined).length;
}

async function putBackSettings(
  { settings }: Backup,
  databases: Databases,
  isOurs: boolean,
): Promise<void> {
  if (!settings) return;
  const stored: unknown = await get(SETTINGS_KEY, databases.settings);
  const isOlder = !isOurs && readSettingsRecord(stored).kind === 'read';
  if (stored === undefined || isOlder) await putSettings(databases.settings, settings);
}

/** With no backup nobody can tell a lost torrent from a removed one whose content was kept: a person has to say. */
async function lookForContent({ openRoot, tell }: RebuildDeps): Promise<boolean> {
  const folders = await countTorrentFolders(openRoot);
  if (folders > 0) tell(libraryLost(folders));
  return folders > 0;
}

async function countTorrentFolders(openRoot: OpenRoot): Promise<number> {
  let folders = 0;
  try {
    const torrents = await (await openRoot()).getDirectoryHandle(SHELF_ROOT);
    for await (const name of torrents.keys()) if (toInfoHash(name) === name) folders++;
  } catch {
    // No such folder, or no files at all here: then there is nothing to tell.
  }
  return folders;
}
