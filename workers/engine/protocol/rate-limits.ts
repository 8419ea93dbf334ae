/**
 * Who may move payload now, in one direction: a limit over all torrents, one for each torrent beneath it, and the wires of the
 * torrents, which wait for their turn. Payload counts, the protocol around it does not.
 *
 * Invariants:
 * - nothing goes without tokens of both buckets, so each limit holds (token-bucket.ts says how exactly), whoever asks:
 *   readers go first within the limits, not past them;
 * - torrents that wait share the common limit equally, and the wires of a torrent what that gets, in bytes (fair-queue.ts);
 *   what a torrent's own limit keeps it from taking the others have;
 * - nobody starves: who waits has its turn when all others have had theirs, and one turn in eight is given without regard to
 *   urgency. Whose turn it is waits for as many tokens as it needs, and nobody with less need overtakes it;
 * - a limit that ends lets all who wait go at once; a new one holds at once for what is asked for from then on (what peers
 *   were asked for before still comes: a second's worth, see wire-session.ts); no timer runs while nobody waits.
 */
import type { TorrentLimits } from '../../contract/snapshot.ts';
import type { Clock } from '../model/deps.ts';
import { FairQueue, type Waiting } from './fair-queue.ts';
import { TokenBucket } from './token-bucket.ts';

/** Timers are no finer: at high rates several blocks go at each. */
const TICK_MS = 20;
/** One turn in so many goes to who has had least, urgent or not. */
const PLAIN_TURN = 8;

/** One wire, in one direction. */
export interface Taker extends Waiting {
  /** Bytes it needs to go on, as far as it knows. */
  readonly needBytes: number;
  /**
   * Its turn: it lets at most `mostBytes` go and says how many. It stays in the queue while it lets any go, and leaves it
   * with 0: until it wants something again.
   */
  use(mostBytes: number): number;
}

/** One direction over all torrents. */
export class RateLimit {
  readonly bucket: TokenBucket;
  readonly #waiting = new FairQueue<TorrentRate>();
  #turns = 0;
  #isServing = false;
  #timer: { readonly dueMs: number; readonly cancel: () => void } | null = null;

  constructor(readonly clock: Clock) {
    this.bucket = new TokenBucket(clock);
  }

  /** Bytes per second over all torrents; 0: no limit. */
  set(bps: number): void {
    this.bucket.setRate(bps);
    this.serve();
  }

  /** What a torrent may count on: an equal part for each that waits, itself included; `Infinity` without a limit. */
  partOf(torrent: TorrentRate): number {
    if (!this.bucket.isLimited) return Infinity;
    const others = [...this.#waiting].filter((one) => one !== torrent).length;
    return this.bucket.rateBps / (others + 1);
  }

  join(): TorrentRate {
    return new TorrentRate(this);
  }

  /** Somebody of the torrent waits, or nobody does any more. */
  note(torrent: TorrentRate): void {
    if (torrent.isWaiting) this.#waiting.add(torrent);
    else this.#waiting.delete(torrent);
    this.bucket.isWaitedFor = this.#waiting.size > 0;
    if (this.#waiting.size === 0) this.#disarm();
  }

  /** Gives turns as long as there are tokens for them. */
  serve(): void {
    if (this.#isServing) return;
    this.#isServing = true;
    try {
      while (this.#serveNext());
    } finally {
      this.#isServing = false;
    }
    this.look();
  }

  /** Wakes when the first that waits has its tokens: never at once, so it may be called in the middle of anything. */
  look(): void {
    if (this.#isServing) return;
    let waitMs = Infinity;
    for (const torrent of this.#waiting) {
      const needBytes = torrent.next(this.#isUrgentFirst)?.needBytes ?? 0;
      const ownMs = torrent.bucket.waitMs(needBytes);
      waitMs = Math.min(waitMs, Math.max(ownMs, this.bucket.waitMs(needBytes)));
    }
    if (waitMs === Infinity) return this.#disarm();
    const delayMs = Math.max(TICK_MS, Math.ceil(waitMs));
    const dueMs = this.clock.now() + delayMs;
    if (this.#timer && this.#timer.dueMs <= dueMs) return;
    this.#disarm();
    const cancel = this.clock.after(delayMs, () => {
      this.#timer = null;
      this.serve();
    });
    this.#timer = { dueMs, cancel };
  }

  #serveNext(): boolean {
    const isUrgentFirst = this.#isUrgentFirst;
    const torrent = this.#waiting.next((one) => one.mayGo(isUrgentFirst), isUrgentFirst);
    const taker = torrent?.next(isUrgentFirst);
    if (!torrent || !taker || !this.bucket.has(taker.needBytes)) return false;
    const tokens = Math.min(torrent.bucket.availableBytes, this.bucket.availableBytes);
    const bytes = taker.use(Math.max(tokens, taker.needBytes));
    if (bytes === 0) torrent.leaves(taker);
    else {
      this.#turns++;
      this.bucket.take(bytes);
      this.#waiting.served(torrent, bytes);
      torrent.served(taker, bytes);
    }
    return true;
  }

  get #isUrgentFirst(): boolean {
    return this.#turns % PLAIN_TURN !== PLAIN_TURN - 1;
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}

/** One torrent in one direction: its own limit beneath the common one, and its wires that wait. */
export class TorrentRate implements Waiting {
  readonly bucket: TokenBucket;
  readonly #takers = new FairQueue<Taker>();

  constructor(readonly all: RateLimit) {
    this.bucket = new TokenBucket(all.clock);
  }

  /** Bytes per second of this torrent; 0: no limit but the common one. */
  set(bps: number): void {
    this.bucket.setRate(bps);
    this.all.serve();
  }

  get isLimited(): boolean {
    return this.bucket.isLimited || this.all.bucket.isLimited;
  }

  /** Bytes per second that it may count on while others want as much; `Infinity` without a limit. */
  get fairBps(): number {
    const own = this.bucket.isLimited ? this.bucket.rateBps : Infinity;
    return Math.min(own, this.all.partOf(this));
  }

  get isWaiting(): boolean {
    return this.#takers.size > 0;
  }

  get isUrgent(): boolean {
    for (const { isUrgent } of this.#takers) if (isUrgent) return true;
    return false;
  }

  /** It would let bytes go: at once where nothing is limited, else when its turn comes. */
  wants(taker: Taker): void {
    if (this.isLimited) {
      this.#takers.add(taker);
      this.#note();
      this.all.serve();
    } else while (taker.use(Infinity) > 0);
  }

  leaves(taker: Taker): void {
    this.#takers.delete(taker);
    this.#note();
  }

  /** So many bytes that it let go do not go after all. */
  giveBack(bytes: number): void {
    this.bucket.giveBack(bytes);
    this.all.bucket.giveBack(bytes);
    this.all.look();
  }

  /** So many bytes that were given back went all the same. */
  charge(bytes: number): void {
    this.bucket.charge(bytes);
    this.all.bucket.charge(bytes);
  }

  /** Whose turn it is among its wires. */
  next(isUrgentFirst: boolean): Taker | null {
    return this.#takers.next(() => true, isUrgentFirst);
  }

  /** Whether its own limit lets that one go now. */
  mayGo(isUrgentFirst: boolean): boolean {
    const taker = this.next(isUrgentFirst);
    return taker !== null && this.bucket.has(taker.needBytes);
  }

  served(taker: Taker, bytes: number): void {
    this.bucket.take(bytes);
    this.#takers.served(taker, bytes);
  }

  #note(): void {
    this.bucket.isWaitedFor = this.isWaiting;
    this.all.note(this);
  }
}

type Rates = Pick<TorrentLimits, 'downloadBps' | 'uploadBps'>;

/** Both directions over all torrents. */
export class RateLimits {
  readonly #download: RateLimit;
  readonly #upload: RateLimit;

  constructor(clock: Clock) {
    this.#download = new RateLimit(clock);
    this.#upload = new RateLimit(clock);
  }

  /** Bytes per second over all torrents; 0: no limit. They hold from now on. */
  set({ downloadBps, uploadBps }: Rates): void {
    this.#download.set(downloadBps);
    this.#upload.set(uploadBps);
  }

  join(): TorrentRates {
    return new TorrentRates(this.#download.join(), this.#upload.join());
  }
}

/** Both directions of one torrent. */
export class TorrentRates {
  constructor(
    readonly download: TorrentRate,
    readonly upload: TorrentRate,
  ) {}

  /** Bytes per second of this torrent; 0: no limit but the common one. They hold from now on. */
  set({ downloadBps, uploadBps }: Rates): void {
    this.download.set(downloadBps);
    this.upload.set(uploadBps);
  }
}
