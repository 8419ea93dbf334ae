/** Puts storage together for this browser: what keeps bytes, what keeps records, and why neither is a better one. */
import { DEFAULT_SETTINGS } from '../../contract/settings.ts';
import type { Catalogue } from '../model/catalogue.ts';
import { StorageError } from '../model/chunk-store.ts';
import type { Deps } from '../model/deps.ts';
import type { CooldownStore } from '../model/cooldown-store.ts';
import type { EventStore } from '../model/event-store.ts';
import type { MetadataStore } from '../model/metadata-store.ts';
import type { Storage } from '../model/storage.ts';
import { openOpfsRoot } from './browser-quota.ts';
import { IdbCatalogue } from './catalogue/catalogue-idb.ts';
import { EventPages } from './catalogue/event-pages.ts';
import { IdbCooldowns } from './catalogue/idb-cooldowns.ts';
import { IdbMetadata } from './catalogue/idb-metadata.ts';
import { MemoryCatalogue } from './catalogue/memory-catalogue.ts';
import { MemoryCooldowns } from './catalogue/memory-cooldowns.ts';
import { MemoryMetadata } from './catalogue/memory-metadata.ts';
import { NO_EVENTS } from './catalogue/no-events.ts';
import { chooseStorage } from './choose-storage.ts';
import { openByteDatabase } from './idb/byte-database.ts';
import { IdbBackend } from './idb/idb-backend.ts';
import { tryRecord } from './idb/try-record.ts';
import { MemoryBackend } from './memory/memory-backend.ts';
import { OpfsBackend } from './opfs/opfs-backend.ts';
import { probeOpfs } from './opfs/probe-opfs.ts';
import { describeError } from './storage-errors.ts';
import { TorrentStorage } from './torrent-storage.ts';

/** What a browser must be able to keep in IndexedDB for it to be of use, in bytes. */
const TRIAL_BYTES = 1024;

/** Dedicated workers only: others have no sync access handles. Rejects with StorageError when a full disk keeps the library from opening. */
export async function openStorage(deps: Pick<Deps, 'clock' | 'log'>): Promise<Storage> {
  const database = openByteDatabase();
  const { backend, reason } = await chooseStorage({
    opfs: { probe: () => probeOpfs(openOpfsRoot), open: () => new OpfsBackend(deps.clock) },
    indexedDb: {
      probe: () => tryRecord(database, TRIAL_BYTES),
      open: () => new IdbBackend(database),
    },
    openMemory: () => new MemoryBackend(),
  });
  const { problem, ...kept } = await openCatalogue(deps);
  const why = [reason, problem].filter((text) => text !== undefined).join(' ');
  return new TorrentStorage(
    { clock: deps.clock, backend, ...kept, ...(why && { reason: why }) },
    DEFAULT_SETTINGS,
  );
}

async function openCatalogue(deps: Pick<Deps, 'clock' | 'log'>): Promise<{
  readonly catalogue: Catalogue;
  readonly cooldowns: CooldownStore;
  readonly events: EventStore;
  readonly metadata: MetadataStore;
  readonly problem?: string;
}> {
  const catalogue = new IdbCatalogue({ ...deps, openRoot: openOpfsRoot });
  try {
    await catalogue.settings();
    const [cooldowns, events, metadata] = [
      new IdbCooldowns(deps),
      new EventPages(),
      new IdbMetadata(),
    ];
    return { catalogue, cooldowns, events, metadata };
  } catch (error) {
    // With room it will open: an empty library in its place would only frighten.
    if (error instanceof StorageError && error.reason.kind === 'storage-full') throw error;
    deps.log('error', 'the library cannot be saved here', error);
    const problem =
      'The list of torrents and the settings cannot be saved in this browser and are forgotten when this tab is ' +
      `closed. Allow this site to store data, then reload. (${describeError(error)})`;
    return {
      catalogue: new MemoryCatalogue(),
      cooldowns: new MemoryCooldowns(),
      events: NO_EVENTS,
      metadata: new MemoryMetadata(),
      problem,
    };
  }
}
