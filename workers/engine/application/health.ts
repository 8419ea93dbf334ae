/**
 * How a torrent is, concluded from facts: pure, and without a memory of its own.
 *
 * Invariants:
 * - one kind at a time. What a person must act on hides what passes by itself; what stops everything hides what slows it; of
 *   two causes the more particular one is said;
 * - a torrent that is not to move (paused, queued) is `ok` unless something is wrong with it;
 * - `evidence` is at most `MAX_EVIDENCE` facts.
 */
import type { RillError } from '../../contract/errors.ts';
import type {
  CheckSnapshot,
  TorrentHealth,
  TorrentState,
  TrackerSnapshot,
} from '../../contract/snapshot.ts';
import type { SwarmStats } from '../model/swarm.ts';
import { megabytes, type TorrentTrouble } from './torrent-trouble.ts';
import { diagnoseNoPeers, diagnoseUnreachable, trackerFacts } from './tracker-diagnosis.ts';
import type { Signs } from './vital-signs.ts';

/** What holds it back may not know since when. */
export type Trouble = Omit<TorrentTrouble, 'since'> & Partial<Pick<TorrentTrouble, 'since'>>;

export interface HealthFacts {
  readonly state: TorrentState;
  readonly failure: RillError | null;
  readonly trouble: Trouble | null;
  readonly check: CheckSnapshot | null;
  readonly stats: Pick<
    SwarmStats,
    'peers' | 'seeds' | 'snubbed' | 'downloadBps' | 'isCutOff' | 'missingPieces'
  >;
  readonly signs: Signs;
  readonly store: { readonly averageWriteMs: number; readonly queuedBytes: number } | null;
  /** Asked for only where they matter: it is a list made anew. */
  trackers(): readonly TrackerSnapshot[];
  /** It was `tracker-unreachable` when it was looked at last: one that is only being tried again is not back. */
  readonly wasUnreachable: boolean;
  /** Pieces that came out wrong too often and are fetched again later. */
  readonly restingPieces: number;
  /** What was done about a stall so far, for a person, oldest first. */
  readonly tried: readonly string[];
  readonly hasGivenUp: boolean;
  /** `Settings.healthCheckIntervalS`, in milliseconds. */
  readonly intervalMs: number;
}

/** `since` only where the trouble itself says it. */
export type Assessment = Omit<TorrentHealth, 'since'> & { readonly since?: string };

const MAX_EVIDENCE = 8;
const MAX_TRACKER_FACTS = 3;
/** Alone for so long, somebody should have come; sooner it has only just begun. */
const SOON_MS = 5_000;
/** Alone for so long, it is said what the trackers know; sooner than that they have hardly been asked. Who has stalls told sooner is told this sooner. */
const ALONE_MS = 60_000;
const ALONE_INTERVALS = 2;
/** Pressed on and off for so long it is no burst, and sooner where writes take as long as this. */
const PRESSED_MS = 10_000;
const SLOW_WRITE_MS = 250;

export function assess(facts: HealthFacts): Assessment {
  const { state, stats, failure, trouble, check } = facts;
  if (failure) return { kind: 'failed', message: failure.message, evidence: [] };
  if (trouble) return { ...trouble, evidence: [] };
  if (check && !check.isPaused) return verifying(check);
  const isMoving = state === 'metadata' || state === 'downloading';
  if (!isMoving && state !== 'seeding') return OK;
  if (stats.isCutOff) return offline(facts);
  if (state === 'seeding') return isAloneForLong(facts) ? seedAlone(facts) : OK;
  if (stats.peers === 0) return alone(facts);
  return state === 'metadata' ? withoutMetadata(facts) : among(facts);
}

const OK: Assessment = { kind: 'ok', message: '', evidence: [] };

function verifying({ progress }: CheckSnapshot): Assessment {
  return {
    kind: 'verifying',
    message:
      'What is stored is being checked against the hashes of the torrent. What is damaged or missing is fetched again afterwards.',
    evidence: [`${Math.floor(progress * 100)}% is checked`],
  };
}

function offline({ state }: HealthFacts): Assessment {
  return {
    kind: 'offline',
    message:
      state === 'seeding'
        ? 'The network is away. What is here plays all the same; Rill goes on sharing it once the network is back.'
        : 'The network is away: no peer and no tracker can be reached. Rill goes on by itself once it is back.',
    evidence: [],
  };
}

/** It has everything, so only that nobody can find it is worth a word. */
function seedAlone(facts: HealthFacts): Assessment {
  const trackers = facts.trackers();
  if (!areUnreachable(trackers, facts.wasUnreachable)) return OK;
  return {
    kind: 'tracker-unreachable',
    message:
      'Everything is here. No tracker can be reached, so nobody new can find this torrent; Rill goes on trying by itself.',
    evidence: trackerFacts(trackers, MAX_TRACKER_FACTS),
  };
}

function alone(facts: HealthFacts): Assessment {
  const { state, signs } = facts;
  const trackers = facts.trackers();
  const evidence = evidenceOf(facts, trackerFacts(trackers, MAX_TRACKER_FACTS));
  if (areUnreachable(trackers, facts.wasUnreachable)) {
    const message = diagnoseUnreachable(trackers);
    return { kind: 'tracker-unreachable', message, evidence };
  }
  const isForOthers =
    trackers.length > 0 && trackers.every((tracker) => tracker.state === 'unsupported');
  const hasWaited = isAloneForLong(facts);
  const isSoon = state === 'metadata' ? !hasWaited : signs.aloneMs < SOON_MS;
  if (isSoon && !isForOthers) {
    return {
      kind: 'waiting',
      message:
        'Looking for peers. A browser reaches WebRTC peers only: other browsers, and desktop clients that speak WebTorrent.',
      evidence: [],
    };
  }
  const isNative = isForOthers || (hasWaited && areKnownOf(trackers));
  return {
    kind: isNative ? 'only-native-peers' : 'no-peers',
    message: hasWaited || isForOthers ? diagnoseNoPeers(trackers) : NOBODY,
    evidence,
  };
}

function isAloneForLong({ signs, intervalMs }: HealthFacts): boolean {
  return signs.aloneMs >= Math.min(ALONE_MS, ALONE_INTERVALS * intervalMs);
}

const NOBODY = 'No peer is connected. Rill keeps asking the trackers and goes on by itself.';

function withoutMetadata(facts: HealthFacts): Assessment {
  if (facts.signs.stalledSinceMs === null) return OK;
  return {
    kind: 'stalled',
    message: `Peers are connected, but none of them gives the description of this torrent. ${outlook(facts)}`,
    evidence: evidenceOf(facts),
  };
}

const SILENT = 'Peers are connected, but none of them sends anything.';
const RESTING =
  'What is still missing came out wrong too often. It is fetched again after a while; other peers or a better .torrent may be needed.';

/** Peers are connected and pieces are wanted. */
function among(facts: HealthFacts): Assessment {
  const { stats, signs, store, intervalMs } = facts;
  const averageWriteMs = store?.averageWriteMs ?? 0;
  const isSlow = signs.pressedMs >= PRESSED_MS || averageWriteMs >= SLOW_WRITE_MS;
  if (signs.pressedMs > 0 && isSlow) return slowDisk(facts);
  // What peers have comes in over their first moments.
  const isStill = stats.downloadBps === 0 && signs.missingMs >= SOON_MS;
  if (stats.missingPieces > 0 && (isStill || signs.missingMs >= intervalMs)) return noSeeds(facts);
  if (signs.stalledSinceMs !== null) {
    return {
      kind: 'stalled',
      message: facts.restingPieces > 0 ? RESTING : `${SILENT} ${outlook(facts)}`,
      evidence: evidenceOf(facts),
    };
  }
  if (stats.downloadBps > 0) return OK;
  return {
    kind: 'waiting',
    message: 'Connected, waiting for the peers to send.',
    evidence: evidenceOf(facts),
  };
}

function slowDisk({ signs, store }: HealthFacts): Assessment {
  return {
    kind: 'slow-disk',
    message:
      'This device stores more slowly than the peers send, so the download goes at its pace. Nothing is lost; less going on at the disk would make it faster.',
    evidence: [
      ...(store
        ? [
            `A write takes ${Math.round(store.averageWriteMs)} ms on average`,
            `${megabytes(store.queuedBytes)} wait to be written`,
          ]
        : []),
      `For ${duration(signs.pressedMs)} now`,
    ],
  };
}

function noSeeds(facts: HealthFacts): Assessment {
  return {
    kind: 'no-seeds',
    message: `Nobody who is connected has all that is still missing, so the download cannot be finished yet. ${outlook(facts)}`,
    evidence: evidenceOf(facts),
  };
}

function outlook({ hasGivenUp }: HealthFacts): string {
  return hasGivenUp
    ? 'Rill has tried what it can and rests for now; it goes on if somebody comes. Ask the trackers to have it try again.'
    : 'Rill looks for others and goes on by itself.';
}

function evidenceOf(facts: HealthFacts, more: readonly string[] = []): string[] {
  const { stats, signs, tried, restingPieces } = facts;
  const { peers, seeds, snubbed, missingPieces } = stats;
  const evidence: string[] = [];
  if (signs.silentMs >= SOON_MS) evidence.push(`Nothing has come for ${duration(signs.silentMs)}`);
  if (peers > 0) {
    const silent = snubbed > 0 ? `, ${snubbed} silent` : '';
    evidence.push(
      `${plural(peers, 'peer')} connected, ${plural(seeds, 'seed')} among them${silent}`,
    );
  } else evidence.push(`Nobody connected for ${duration(signs.aloneMs)}`);
  if (missingPieces > 0) {
    evidence.push(`${plural(missingPieces, 'missing piece')} with nobody who is connected`);
  }
  if (restingPieces > 0) {
    evidence.push(
      `${plural(restingPieces, 'piece')} came out wrong too often, fetched again later`,
    );
  }
  if (tried.length > 0) evidence.push(`Tried: ${tried.join(', ')}`);
  return [...evidence, ...more].slice(0, MAX_EVIDENCE);
}

const LOST: ReadonlySet<TrackerSnapshot['failure']> = new Set(['refused', 'silent', 'closed']);

/** Every tracker that a page could use fails; one that says no or talks nonsense was reached. */
function areUnreachable(trackers: readonly TrackerSnapshot[], wereSo: boolean): boolean {
  const usable = trackers.filter(({ state }) => state !== 'unsupported');
  return (
    usable.length > 0 &&
    usable.every(({ state, failure }) => LOST.has(failure) || (wereSo && state === 'announcing'))
  );
}

/** A tracker that answers knows of somebody beside us. */
function areKnownOf(trackers: readonly TrackerSnapshot[]): boolean {
  return trackers.some(
    ({ failure, seeds, leechers }) => failure === null && ((seeds ?? 0) > 0 || (leechers ?? 0) > 1),
  );
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

function plural(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
