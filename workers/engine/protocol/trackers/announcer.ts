/**
 * One torrent's presence at one tracker: announces with offers, answers the offers of others, and hands every connection
 * that gets an answer to the torrent. Our offers live 50 s; a new announce waits until the old ones are used or over, so
 * a torrent never holds more than MAX_OFFERS connections at a tracker that nobody answers.
 *
 * Invariant: no announce stays open: within ANSWER_TIMEOUT_MS it is answered, rejected, or the tracker is said to be silent.
 */
import type { InfoHash } from '../../../contract/ids.ts';
import type { TrackerFailure, TrackerSnapshot } from '../../../contract/snapshot.ts';
import type { Deps } from '../../model/deps.ts';
import type { DescribedConnection, RtcPool } from '../rtc-peer/rtc-pool.ts';
import type { RtcConnection } from '../rtc-peer/rtc-connection.ts';
import { retryDelayMs } from './retry-delay.ts';
import type { Standing } from './tier-policy.ts';
import { hexToBinary, type ScrapedSwarm, type TrackerMessage } from './tracker-message.ts';
import type {
  TrackerListener,
  TrackerLoss,
  TrackerSocket,
  TrackerSockets,
} from './tracker-socket.ts';

export const MAX_OFFERS = 5;
const OFFER_LIFE_MS = 50_000;
/** Until a tracker names its own interval; also how soon a torrent without peers asks again. */
const FIRST_INTERVAL_MS = 30_000;
/** A tracker that works answers an announce within a second or two. */
const ANSWER_TIMEOUT_MS = 15_000;

export interface Progress {
  readonly uploadedBytes: number;
  readonly downloadedBytes: number;
  /** 0 makes us a seed in the tracker's eyes; more than 0 while the length is not known. */
  readonly leftBytes: number;
}

export interface AnnouncerHost {
  readonly infoHash: InfoHash;
  /** Our own peer id, as hex. */
  readonly peerId: string;
  progress(): Progress;
  /** Whether another connection is of use: not when complete and full of peers, not when paused. */
  wantsPeers(): boolean;
  /** Nobody is connected: it is worth asking sooner than the tracker says. */
  isAlone(): boolean;
  /** Nothing is wanted of this peer, whatever it offers. */
  isRefused(peerId: string): boolean;
  addPeer(connection: RtcConnection): void;
}

export class Announcer implements TrackerListener {
  readonly #socket: TrackerSocket;
  readonly #offers = new Map<string, { connection: DescribedConnection; cancel: () => void }>();
  /** Asked of the pool and not yet described: they count towards MAX_OFFERS too. */
  #offersInMaking = 0;
  #cancelNext: (() => void) | null = null;
  #cancelDeadline: (() => void) | null = null;
  /** Announces in a row that were rejected or had no answer. */
  #failures = 0;
  #hasAnnounced = false;
  /** A scrape was sent and not answered: some trackers close the connection at one. */
  #isScraping = false;
  #isLeft = false;
  #standing: Standing = 'untried';
  #state: TrackerSnapshot['state'] = 'announcing';
  #intervalMs = FIRST_INTERVAL_MS;
  #nextAtMs: number | null = null;
  #seeds: number | null = null;
  #leechers: number | null = null;
  #failure: TrackerFailure | null = null;
  #lastError: string | null = null;

  constructor(
    readonly url: string,
    /** Called when `standing` has changed. */
    readonly onStanding: () => void,
    readonly host: AnnouncerHost,
    readonly sockets: TrackerSockets,
    readonly pool: RtcPool,
    readonly deps: Deps,
  ) {
    this.#socket = sockets.join(url, this);
  }

  /** What became of the last announce that something became of: trying again does not change it. */
  get standing(): Standing {
    return this.#standing;
  }

  onOpen(): void {
    this.#failure = null;
    this.#lastError = null;
    void this.#announce(this.#hasAnnounced ? undefined : 'started');
  }

  onMessage(message: Parameters<TrackerListener['onMessage']>[0]): void {
    if (message.kind === 'failed') {
      if (message.infoHash && message.infoHash !== this.host.infoHash) return;
      return this.#notServed('rejected', 'waiting', message.reason);
    }
    if (message.kind === 'scraped') return this.#count(message.swarms);
    if (message.infoHash !== this.host.infoHash) return;
    switch (message.kind) {
      case 'announced':
        this.#cancelDeadline?.();
        this.#failures = 0;
        this.#state = 'working';
        this.#failure = null;
        this.#lastError = null;
        this.#stand('works');
        this.#intervalMs = message.intervalS * 1000;
        this.#seeds = message.seeds ?? this.#seeds;
        this.#leechers = message.leechers ?? this.#leechers;
        if (message.seeds === null && message.leechers === null) this.#scrape();
        return;
      case 'offer':
        return void this.#answer(message);
      case 'answer':
        return this.#accept(message);
    }
  }

  onLost({ failure, reason, retryAtMs }: TrackerLoss): void {
    this.#state = 'unreachable';
    this.#failure = failure;
    this.#lastError = `The tracker is not reachable: ${reason}. It is tried again by itself.`;
    this.#nextAtMs = retryAtMs;
    this.#forgetAnnounce();
    this.#stand('fails');
  }

  onRenewed(): void {
    this.#state = 'announcing';
    this.#failure = null;
    this.#lastError = null;
    this.#failures = 0;
    this.#nextAtMs = null;
    this.#forgetAnnounce();
  }

  /** Tells the tracker that the download is complete (BEP 3 `completed`). */
  complete(): void {
    this.#send({ event: 'completed' });
  }

  /** Says goodbye and drops what was offered; connections that are open stay. */
  leave(): void {
    this.#isLeft = true;
    this.#send({ event: 'stopped' });
    this.#forgetAnnounce();
    this.sockets.leave(this.url, this);
  }

  snapshot(): Omit<TrackerSnapshot, 'tier'> {
    return {
      url: this.url,
      state: this.#state,
      seeds: this.#seeds,
      leechers: this.#leechers,
      failure: this.#failure,
      lastError: this.#lastError,
      nextAnnounceAt: this.#nextAtMs === null ? null : new Date(this.#nextAtMs).toISOString(),
    };
  }

  async #announce(event?: 'started'): Promise<void> {
    this.#state = 'announcing';
    const held = this.#offers.size + this.#offersInMaking;
    const offers = await this.#makeOffers(
      this.host.wantsPeers() ? Math.max(0, MAX_OFFERS - held) : 0,
    );
    if (this.#isLeft) return;
    // Lost meanwhile: the next announce comes when the tracker opens again.
    if (!this.#send({ ...(event && { event }), numwant: MAX_OFFERS, offers })) return;
    this.#hasAnnounced = true;
    this.#awaitAnswer();
    const isUrgent = this.host.wantsPeers() && this.host.isAlone();
    this.#plan(isUrgent ? Math.min(this.#intervalMs, OFFER_LIFE_MS + 1_000) : this.#intervalMs);
  }

  #awaitAnswer(): void {
    this.#cancelDeadline?.();
    const sentAtMs = this.deps.clock.now();
    this.#cancelDeadline = this.deps.clock.after(ANSWER_TIMEOUT_MS, () => {
      // Over a connection on which nothing comes at all, it is the connection that is given up: `onLost` says so.
      if (this.#socket.giveUpIfSilent(sentAtMs)) return;
      const seconds = ANSWER_TIMEOUT_MS / 1000;
      const reason = `The tracker gave no answer about this torrent within ${seconds} s. It is asked again by itself.`;
      this.#notServed('silent', 'unreachable', reason);
    });
  }

  /** The tracker lives, and this torrent has nothing of it: it is asked again, later each time. */
  #notServed(failure: TrackerFailure, state: TrackerSnapshot['state'], reason: string): void {
    this.#cancelDeadline?.();
    this.#state = state;
    this.#failure = failure;
    this.#lastError = reason;
    const backOffMs = retryDelayMs(this.#failures++, () => this.deps.random());
    this.#plan(Math.max(FIRST_INTERVAL_MS, backOffMs));
    this.#stand('fails');
  }

  /** Asks for the counts that the announce did not bring (BEP 48). One that keeps silent about them is not asked again. */
  #scrape(): void {
    if (this.#isScraping) return;
    this.#isScraping = this.#socket.send({
      action: 'scrape',
      info_hash: hexToBinary(this.host.infoHash),
    });
  }

  #count(swarms: readonly ScrapedSwarm[]): void {
    const ours = swarms.find(({ infoHash }) => infoHash === this.host.infoHash);
    if (!ours) return;
    this.#isScraping = false;
    this.#seeds = ours.seeds ?? this.#seeds;
    this.#leechers = ours.leechers ?? this.#leechers;
  }

  #stand(standing: Standing): void {
    if (this.#standing === standing) return;
    this.#standing = standing;
    this.onStanding();
  }

  #plan(delayMs: number): void {
    this.#cancelNext?.();
    this.#nextAtMs = this.deps.clock.now() + delayMs;
    this.#cancelNext = this.deps.clock.after(delayMs, () => void this.#announce());
  }

  async #makeOffers(count: number): Promise<object[]> {
    this.#offersInMaking += count;
    const made = await Promise.all(Array.from({ length: count }, () => this.pool.offer()));
    this.#offersInMaking -= count;
    const offers: object[] = [];
    for (const described of made) {
      if (!described) continue;
      if (this.#isLeft || !this.#socket.isOpen) {
        described.connection.destroy();
        continue;
      }
      const offerId = this.#newOfferId();
      const cancel = this.deps.clock.after(OFFER_LIFE_MS, () => {
        this.#offers.delete(offerId);
        described.connection.destroy();
      });
      this.#offers.set(offerId, { connection: described, cancel });
      offers.push({ offer_id: offerId, offer: { type: 'offer', sdp: described.sdp } });
    }
    return offers;
  }

  /** 20 code points from 0 to 255: libtorrent insists on exactly 20 bytes. */
  #newOfferId(): string {
    let id = '';
    for (let i = 0; i < 20; i++) id += String.fromCharCode(Math.floor(this.deps.random() * 256));
    return id;
  }

  async #answer(message: Extract<TrackerMessage, { kind: 'offer' | 'answer' }>): Promise<void> {
    if (message.peerId === this.host.peerId || !this.host.wantsPeers()) return;
    if (this.host.isRefused(message.peerId)) return;
    const described = await this.pool.answer(message.sdp);
    if (!described) return;
    if (this.#isLeft) return void described.connection.destroy();
    described.connection.id = message.peerId;
    this.host.addPeer(described.connection);
    this.#send({
      to_peer_id: hexToBinary(message.peerId),
      offer_id: message.offerId,
      answer: { type: 'answer', sdp: described.sdp },
    });
  }

  #accept(message: Extract<TrackerMessage, { kind: 'offer' | 'answer' }>): void {
    const offer = this.#offers.get(message.offerId);
    if (!offer) return;
    this.#offers.delete(message.offerId);
    offer.cancel();
    if (this.host.isRefused(message.peerId)) return void offer.connection.connection.destroy();
    offer.connection.connection.id = message.peerId;
    this.host.addPeer(offer.connection.connection);
    offer.connection.accept(message.sdp);
  }

  #send(fields: object): boolean {
    const { uploadedBytes, downloadedBytes, leftBytes } = this.host.progress();
    return this.#socket.send({
      action: 'announce',
      info_hash: hexToBinary(this.host.infoHash),
      peer_id: hexToBinary(this.host.peerId),
      uploaded: uploadedBytes,
      downloaded: downloadedBytes,
      left: leftBytes,
      ...fields,
    });
  }

  /** Nothing more comes of the last announce: its offers are closed, and no next one is planned. */
  #forgetAnnounce(): void {
    this.#cancelDeadline?.();
    this.#cancelNext?.();
    for (const { connection, cancel } of this.#offers.values()) {
      cancel();
      connection.connection.destroy();
    }
    this.#offers.clear();
  }
}
