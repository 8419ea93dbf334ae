/**
 * The settings in IndexedDB: one record, its fields checked one by one. A record that is damaged, or gone although a
 * backup has one, comes back from the newest backup; one of a newer Rill is left alone.
 */
import { get, set, type UseStore } from 'idb-keyval';
import { DEFAULT_SETTINGS, type Settings } from '../../../contract/settings.ts';
import { readSettingsRecord } from '../../model/record-schema.ts';
import { readSettings } from '../../model/settings-schema.ts';
import { SETTINGS_NEWER, SETTINGS_UNREADABLE, settingsRestored } from './notices.ts';
import type { TableDeps } from './torrent-table.ts';

const KIND = 'settings';
/** Where the one record is. */
export const SETTINGS_KEY = 'settings';

/** Every method rejects with the browser's error. */
export class SettingsTable {
  readonly #deps: TableDeps;
  /** As they are stored; `null` while none were ever saved, or none that can be read. */
  #saved: Settings | null = null;
  #isRead = false;

  constructor(deps: TableDeps) {
    this.#deps = deps;
  }

  /** As they are stored, from a backup, or the defaults; what has to be said of that is told. */
  async read(): Promise<Settings> {
    const { store, aside, backups, log, tell } = this.#deps;
    const stored: unknown = await get(SETTINGS_KEY, store);
    const reading = stored === undefined ? null : readSettingsRecord(stored);
    this.#isRead = true;
    if (reading?.kind === 'read') return this.#checked(reading.record);
    if (reading) aside.note(KIND, SETTINGS_KEY);
    const backup = await backups.newest(({ settings }) => settings !== null);
    const settings = backup?.settings ?? DEFAULT_SETTINGS;
    if (reading?.kind === 'newer') tell(SETTINGS_NEWER);
    else if (backup) {
      await this.save(settings).catch((error: unknown) => {
        log('warning', 'the restored settings could not be saved', error);
      });
      tell(settingsRestored(backup.at));
    } else if (reading) tell(SETTINGS_UNREADABLE);
    return settings;
  }

  async save(settings: Settings): Promise<void> {
    const { store, aside } = this.#deps;
    await aside.makeWay(KIND, SETTINGS_KEY, store);
    await putSettings(store, settings);
    this.#saved = settings;
    this.#isRead = true;
  }

  async saved(): Promise<Settings | null> {
    if (!this.#isRead) await this.read();
    return this.#saved;
  }

  #checked(record: object): Settings {
    const { settings, bad } = readSettings(record);
    if (bad.length > 0) {
      this.#deps.log('warning', 'stored settings out of range have their default', bad);
    }
    this.#saved = settings;
    return settings;
  }
}

/** Writes the record; what was there before is gone. */
export function putSettings(store: UseStore, settings: Settings): Promise<void> {
  return set(SETTINGS_KEY, { version: 1, ...settings }, store);
}
