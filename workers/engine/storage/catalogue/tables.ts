/** Everything a catalogue consists of, made and connected. */
import type { OpenRoot } from '../opfs/torrent-folders.ts';
import { Aside } from './aside.ts';
import { openBackupFiles } from './backup-files.ts';
import { Backups } from './backups.ts';
import type { LibraryNotice } from './notices.ts';
import { openDatabases, type Databases, type OpenDeps } from './open-databases.ts';
import { ResumeTable } from './resume-table.ts';
import { SettingsTable } from './settings-table.ts';
import { StatisticsTable } from './statistics-table.ts';
import { TorrentTable } from './torrent-table.ts';

export interface Tables {
  readonly databases: Databases;
  readonly backups: Backups;
  readonly torrents: TorrentTable;
  readonly resume: ResumeTable;
  readonly settings: SettingsTable;
  readonly statistics: StatisticsTable;
}

export interface TablesDeps extends OpenDeps {
  readonly openRoot: OpenRoot;
  /** Takes what a person has to hear of. */
  tell(notice: LibraryNotice): void;
}

/** Rejects with the browser's error when no databases open. */
export async function openTables(prefix: string, deps: TablesDeps): Promise<Tables> {
  const { log, clock, openStore, tell } = deps;
  const databases = await openDatabases(prefix, deps);
  const files = await openBackupFiles({ ...deps, database: `${prefix}-backups` });
  const backups = new Backups(files, log);
  // Opened with its first use: a full disk may have no room for one more database, and most never need it.
  const aside = new Aside(openStore(`${databases.names}-aside`, 'aside'), () => clock.now());
  // So are the statistics, without which everything works.
  const figures = openStore(`${databases.names}-statistics`, 'statistics');
  const shared = { aside, backups, log, tell };
  return {
    databases,
    backups,
    torrents: new TorrentTable({ ...shared, store: databases.torrents }),
    resume: new ResumeTable({ ...shared, store: databases.resume }),
    settings: new SettingsTable({ ...shared, store: databases.settings }),
    statistics: new StatisticsTable({ ...shared, store: figures }),
  };
}
