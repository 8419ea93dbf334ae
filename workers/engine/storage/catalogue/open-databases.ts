/**
 * Opens the databases of the catalogue. A damaged IndexedDB fails every open, and even `deleteDatabase`, until the
 * profile is reset (FACTS.md); databases of other names still open then, so there is a second set of names. Nothing says
 * which set was used last but the newest backup, which names the one it was made from.
 */
import { createStore, promisifyRequest, type UseStore } from 'idb-keyval';
import type { Deps } from '../../model/deps.ts';
import { errorName, storageUnavailable } from '../storage-errors.ts';

/** Makes the door to one object store of one database; it opens with its first use. */
export type OpenStore = (database: string, store: string) => UseStore;

export interface Databases {
  /** What the names of this set begin with. */
  readonly names: string;
  /** The usual names did not open. */
  readonly isSecond: boolean;
  readonly torrents: UseStore;
  readonly resume: UseStore;
  readonly settings: UseStore;
}

export interface OpenDeps {
  readonly log: Deps['log'];
  readonly clock: Pick<Deps['clock'], 'now' | 'after'>;
  readonly openStore: OpenStore;
}

/** A database that has not opened by then does not open at all, as has been seen of Safari. */
export const OPEN_PATIENCE_MS = 15_000;

export const openIdbStore: OpenStore = createStore;

/**
 * All stores under `prefix`, or all under the second names. Rejects with the browser's error when neither opens, or when
 * there is no room to make them: a second set would find none either.
 */
export async function openDatabases(prefix: string, deps: OpenDeps): Promise<Databases> {
  try {
    return await openSet(prefix, false, deps);
  } catch (error) {
    if (errorName(error) === 'QuotaExceededError') throw error;
    deps.log('error', 'the database does not open; a second one is used', error);
    return openSet(`${prefix}2`, true, deps);
  }
}

async function openSet(names: string, isSecond: boolean, deps: OpenDeps): Promise<Databases> {
  const open = (kind: string) => deps.openStore(`${names}-${kind}`, kind);
  const [torrents, resume, settings] = [open('torrents'), open('resume'), open('settings')];
  await Promise.all([torrents, resume, settings].map((store) => inTime(seeOpen(store), deps)));
  return { names, isSecond, torrents, resume, settings };
}

async function seeOpen(store: UseStore): Promise<void> {
  await store('readonly', (records) => promisifyRequest(records.count()));
}

async function inTime(opening: Promise<void>, { clock }: OpenDeps): Promise<void> {
  const late = Promise.withResolvers<never>();
  const cancel = clock.after(OPEN_PATIENCE_MS, () =>
    late.reject(storageUnavailable('The browser does not open its database. Restart the browser.')),
  );
  try {
    await Promise.race([opening, late.promise]);
  } finally {
    cancel();
  }
}
