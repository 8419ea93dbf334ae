/** An engine for tests of the page: answers from memory, moves only when the test says so, and never touches a network. */
import {
  fail,
  ok,
  unreachable,
  type Result,
  type RillError,
} from '../../workers/contract/errors.ts';
import type { RillEvent } from '../../workers/contract/events.ts';
import { toInfoHash, type InfoHash } from '../../workers/contract/ids.ts';
import { mediaTypeOf } from '../../workers/contract/media-types.ts';
import type { LibraryImport } from '../../workers/contract/engine.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../workers/contract/settings.ts';
import { checkSettingsPatch } from '../../workers/engine/model/settings-schema.ts';
import { checkTorrentChange, OWN_DEFAULTS } from '../../workers/engine/model/torrent-change.ts';
import type {
  EngineSnapshot,
  TorrentDetail,
  TorrentFile,
  TorrentSummary,
} from '../../workers/contract/snapshot.ts';
import type { Statistics, TransferFigures } from '../../workers/contract/statistics.ts';
import type { Connect, ConnectionHandlers, RemoteEngine } from '../../src/engine/connection.ts';

const AT = '2026-11-20T10:00:00.000Z';

export const NOTHING_MOVED: TransferFigures = {
  downloadedBytes: 0,
  uploadedBytes: 0,
  verifiedBytes: 0,
  wastedBytes: 0,
  hashFailures: 0,
  bannedPeers: 0,
  activeS: 0,
  seedingS: 0,
};

/** A whole torrent from the few facts a test cares about. */
export function makeTorrent(
  facts: Partial<TorrentDetail> & { readonly infoHash: string },
): TorrentDetail {
  const infoHash = toInfoHash(facts.infoHash);
  if (!infoHash) throw new Error(`not an info hash: ${facts.infoHash}`);
  const files = facts.files ?? [makeFile(0, 'clip.mp4', 1_000_000)];
  const lengthBytes = facts.lengthBytes ?? files.reduce((sum, file) => sum + file.lengthBytes, 0);
  const progress = facts.progress ?? 0;
  const main = files.find((file) => file.isStreamable);
  return {
    name: 'A torrent',
    magnet: `magnet:?xt=urn:btih:${infoHash}`,
    state: 'downloading',
    isHeld: false,
    selectedBytes: lengthBytes,
    downloadedBytes: Math.round(lengthBytes * progress),
    uploadedBytes: 0,
    wastedBytes: 0,
    downloadBps: 0,
    uploadBps: 0,
    ratio: 0,
    etaS: null,
    pieceLength: 262_144,
    pieceCount: 4,
    piecesHave: 0,
    priority: 'normal',
    isForced: false,
    queuePosition: 0,
    keepOffline: true,
    addedAt: AT,
    completedAt: null,
    isPrivate: false,
    health: { kind: 'ok', message: '', since: AT, evidence: [] },
    storedBytes: lengthBytes,
    metadata: null,
    check: null,
    peerCounts: { connected: 0, seeds: 0, snubbed: 0, banned: 0 },
    mainFileIndex: main?.index ?? null,
    limits: OWN_DEFAULTS.limits,
    superSeeding: false,
    sequential: false,
    peers: [],
    trackers: [],
    errors: [],
    statistics: { session: NOTHING_MOVED, lifetime: NOTHING_MOVED },
    ...facts,
    infoHash,
    progress,
    lengthBytes,
    files,
    fileCount: files.length,
  };
}

export function makeFile(
  index: number,
  path: string,
  lengthBytes: number,
  progress = 0,
): TorrentFile {
  const type = mediaTypeOf(path);
  return {
    index,
    path,
    lengthBytes,
    downloadedBytes: Math.round(lengthBytes * progress),
    progress,
    selected: true,
    priority: 'normal',
    isStreamable: type !== null && type.kind !== 'subtitles',
    canPlay: type?.canPlay ?? 'no',
    streamUrl: '',
  };
}

/** Nothing was ever moved, or what a test says was. */
export function makeStatistics(facts: Partial<Statistics> = {}): Statistics {
  const totals = {
    ...NOTHING_MOVED,
    ratio: 0,
    metadataCacheHits: 0,
    metadataCacheMisses: 0,
    uptimeS: 1,
  };
  const series = (periodS: number, length: number) => {
    const none = Array.from({ length }, () => null);
    return { periodS, startAt: AT, downloadBps: none, uploadBps: none };
  };
  return {
    since: AT,
    session: totals,
    lifetime: totals,
    history: [series(1, 300), series(10, 360), series(300, 288)],
    ...facts,
  };
}

export function makeSnapshot(
  torrents: readonly TorrentSummary[],
  facts: Partial<EngineSnapshot> = {},
): EngineSnapshot {
  return {
    version: 'test',
    sequence: 1,
    uptimeS: 1,
    torrents,
    downloadBps: torrents.reduce((sum, torrent) => sum + torrent.downloadBps, 0),
    uploadBps: torrents.reduce((sum, torrent) => sum + torrent.uploadBps, 0),
    connections: { open: 0, pending: 0, budget: 60, problem: null },
    storage: { backend: 'opfs', usedBytes: 0, quotaBytes: 10_000_000_000, persisted: false },
    backpressure: {
      inFlightPieces: 0,
      queuedPieces: 0,
      queuedBytes: 0,
      averageWriteMs: 0,
      isBackpressured: false,
    },
    cacheBytes: 0,
    pieceBufferBytes: 0,
    cleanupIdleS: 1800,
    notices: [],
    bans: [],
    cooling: [],
    rates: {
      downloadBps: 0,
      uploadBps: 0,
      source: 'usual',
      switch: 'schedule',
      hasSchedule: false,
    },
    adjusted: null,
    meter: { isMetered: null, isHolding: false },
    ...facts,
  };
}

export class FakeEngine {
  readonly #torrents = new Map<string, TorrentDetail>();
  #handlers: ConnectionHandlers | null = null;
  #sequence = 0;
  /** Facts of the next snapshots that are not torrents. */
  facts: Partial<EngineSnapshot> = {};
  /** What `add` makes of a source; a test replaces it. */
  onAdd: () => Result<TorrentDetail> = () =>
    fail('bad-request', 'That is not a magnet link. Paste one that begins with “magnet:”.');
  /** What `importLibrary` makes of a file; a test replaces it. */
  onImport: () => Result<LibraryImport> = () => ok({ added: 0, known: 0, problems: [] });
  settings: Settings = DEFAULT_SETTINGS;
  statistics: Statistics = makeStatistics();
  /** The event log, oldest first. */
  events: readonly RillEvent[] = [];
  /** Every command, in order: `add`, `start:<hash>:0,2`, `remove:<hash>:delete`. */
  readonly calls: string[] = [];

  constructor(torrents: readonly TorrentDetail[] = []) {
    for (const torrent of torrents) this.#torrents.set(torrent.infoHash, torrent);
  }

  /** Give this to `createApp`: it is ready at once. */
  readonly connect: Connect = (handlers) => {
    this.#handlers = handlers;
    handlers.onState({ kind: 'ready', engine: this.remote, role: 'leader' });
    this.publish();
  };

  /** Never ready; `failStart` ends the wait. */
  readonly connectSlowly: Connect = (handlers) => {
    this.#handlers = handlers;
  };

  becomeReady(role: 'leader' | 'follower' = 'leader'): void {
    this.#handlers?.onState({ kind: 'ready', engine: this.remote, role });
    this.publish();
  }

  failStart(error: RillError): void {
    this.#handlers?.onState({ kind: 'failed', error });
  }

  put(torrent: TorrentDetail): void {
    this.#torrents.set(torrent.infoHash, torrent);
    this.publish();
  }

  change(infoHash: string, facts: Partial<TorrentDetail>): void {
    const torrent = this.#torrents.get(infoHash);
    if (torrent) this.put({ ...torrent, ...facts });
  }

  forget(infoHash: string): void {
    this.#torrents.delete(infoHash);
    this.publish();
  }

  publish(): void {
    this.#sequence += 1;
    const torrents = [...this.#torrents.values()];
    this.#handlers?.onSnapshot(makeSnapshot(torrents, { ...this.facts, sequence: this.#sequence }));
  }

  #known(infoHash: string): Result<TorrentDetail> {
    const torrent = this.#torrents.get(infoHash);
    return torrent ? ok(torrent) : fail('unknown-torrent', 'This torrent is not in your library.');
  }

  #update(infoHash: string, call: string, facts: Partial<TorrentDetail>): Result<null> {
    this.calls.push(call);
    const known = this.#known(infoHash);
    if (!known.ok) return known;
    this.change(infoHash, facts);
    return ok(null);
  }

  readonly remote: RemoteEngine = {
    hello: async () => ok({ version: 'test' }),
    watch: async () => {},
    events: async (since, limit) => {
      const events = this.events.filter(({ id }) => id > (since ?? Infinity)).slice(0, limit);
      return ok({ events, next: events.at(-1)?.id ?? since ?? 0, isGap: false });
    },
    health: () => Promise.reject(new Error('the page does not ask for health')),
    add: async (source, options) => {
      this.calls.push(`add:${source.kind === 'text' ? source.text : 'file'}`);
      const made = this.onAdd();
      if (!made.ok) return made;
      const { infoHash } = made.value;
      const isNew = !this.#torrents.has(infoHash);
      if (isNew) this.put({ ...made.value, isHeld: options?.hold ?? false });
      return ok({ infoHash, isNew });
    },
    start: async (infoHash, files, { keepOffline = true } = {}) => {
      const which = `${files?.join() ?? 'all'}${keepOffline ? '' : ':unkept'}`;
      return this.#update(infoHash, `start:${infoHash}:${which}`, {
        isHeld: false,
        keepOffline,
        state: 'downloading',
      });
    },
    played: async (infoHash) => this.#update(infoHash, `played:${infoHash}`, {}),
    pause: async (infoHash) =>
      this.#update(infoHash, `pause:${infoHash}`, { state: 'paused', downloadBps: 0 }),
    resume: async (infoHash) =>
      this.#update(infoHash, `resume:${infoHash}`, {
        state: 'downloading',
        health: { kind: 'ok', message: '', since: AT, evidence: [] },
      }),
    select: async (infoHash, files) => {
      const known = this.#known(infoHash);
      if (!known.ok) return known;
      return this.#update(infoHash, `select:${infoHash}:${files.join()}`, {
        files: known.value.files.map((file) => ({ ...file, selected: files.includes(file.index) })),
      });
    },
    change: async (infoHash, change) => {
      const known = this.#known(infoHash);
      const checked = checkTorrentChange(change);
      if (!known.ok) return known;
      if (!checked.ok) return checked;
      const { limits, superSeeding = false, filePriorities = {} } = checked.value;
      const { priority, isForced, sequential, keepOffline } = { ...known.value, ...checked.value };
      return this.#update(infoHash, `change:${infoHash}:${JSON.stringify(change)}`, {
        limits: { ...known.value.limits, ...limits },
        superSeeding,
        priority,
        isForced,
        sequential,
        keepOffline,
        files: known.value.files.map((file) => ({
          ...file,
          priority: filePriorities[file.index] ?? file.priority,
        })),
      });
    },
    moveInQueue: async (infoHash, to) => this.#update(infoHash, `move:${infoHash}:${to}`, {}),
    reannounce: async (infoHash) => this.#update(infoHash, `reannounce:${infoHash}`, {}),
    remove: async (infoHash, data) => {
      this.calls.push(`remove:${infoHash}:${data}`);
      const known = this.#known(infoHash);
      if (known.ok) this.forget(infoHash);
      return known.ok ? ok(null) : known;
    },
    torrent: async (infoHash) => this.#known(infoHash),
    torrents: async () => [...this.#torrents.values()],
    statistics: async () => this.statistics,
    torrentRates: async (infoHash) => {
      const known = this.#known(infoHash);
      return known.ok ? ok(this.statistics.history[0]!) : known;
    },
    settings: async () => this.settings,
    changeSettings: async (patch) => {
      const checked = checkSettingsPatch(patch);
      if (!checked.ok) return checked;
      this.settings = { ...this.settings, ...checked.value };
      return ok(this.settings);
    },
    openStream: async () => fail('unknown-file', 'The fake engine has no bytes.'),
    checkpoint: async () => {},
    recheck: async (infoHash) =>
      this.#update(infoHash, `recheck:${infoHash}`, { check: { progress: 0, isPaused: false } }),
    wake: async () => {},
    exportLibrary: async () => {
      this.calls.push('exportLibrary');
      return ok(new TextEncoder().encode('{}'));
    },
    importLibrary: async (bytes) => {
      this.calls.push(`importLibrary:${bytes.length}`);
      return this.onImport();
    },
    cooling: async () => this.facts.cooling ?? [],
    clearCooldown: async (infoHash) => {
      this.calls.push(`clearCooldown:${infoHash ?? 'all'}`);
      const cooling = (this.facts.cooling ?? []).filter(
        (one) => infoHash !== undefined && one.infoHash !== infoHash,
      );
      this.facts = { ...this.facts, cooling };
      this.publish();
      return ok(null);
    },
    dismissNotice: async (id) => {
      this.calls.push(`dismissNotice:${id}`);
      this.facts = {
        ...this.facts,
        notices: (this.facts.notices ?? []).filter((notice) => notice.id !== id),
      };
      this.publish();
    },
    liftBan: async (id) => {
      this.calls.push(`liftBan:${id}`);
      const bans = (this.facts.bans ?? []).filter((ban) => ban.id !== id);
      this.facts = { ...this.facts, bans };
      this.publish();
      return ok(null);
    },
  };
}

export const hashOf = (digit: string): InfoHash => {
  const infoHash = toInfoHash(digit.repeat(40).slice(0, 40));
  return infoHash ?? unreachable(undefined as never);
};
