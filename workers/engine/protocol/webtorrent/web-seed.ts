/**
 * An HTTP server as a peer (BEP 19): the far end of a wire in this process. It is asked for blocks like any peer, and asks its
 * server for ranges of them, several at once, giving each block on as soon as it has come.
 *
 * Invariants: who rests (web-seed-policy.ts) chokes and has no request open; pieces of files that it does not have
 * (web-seed-gaps.ts) are pieces it does not have, and nothing else is; a block that is cancelled is not sent, and a request
 * that nobody waits for any more is ended; its id is the SHA-1 of its URL, so what is held against it stays with it.
 */
import Wire from 'bittorrent-protocol';
import ltDontHave from 'lt_donthave';
import { Bitfield } from '../../model/bitfield.ts';
import type { Clock } from '../../model/deps.ts';
import { PieceMap } from '../../model/piece-map.ts';
import type { TorrentMeta } from '../../model/torrent-meta.ts';
import { BlockCutter } from '../block-cutter.ts';
import { RangeQueue, type QueuedBlock } from '../range-queue.ts';
import { fetchRange } from '../web-seed-fetch.ts';
import { webSeedRanges } from '../web-seed-files.ts';
import { isOfOneFile, type WebSeedGaps } from '../web-seed-gaps.ts';
import type { WebSeedFailure, WebSeedHealth } from '../web-seed-policy.ts';

export interface WebSeedHost {
  readonly clock: Clock;
  readonly meta: TorrentMeta;
  readonly health: WebSeedHealth;
  readonly gaps: WebSeedGaps;
  /** It does not have one of the files, and has missed none before; asked again after `restMs`. */
  onFirstGap(restMs: number): void;
  /** It rests from now on, as `health` says. */
  onFailure(failure: WebSeedFailure): void;
}

type Respond = (error: Error | null, bytes?: Uint8Array) => void;

interface Block extends QueuedBlock {
  readonly piece: number;
  readonly respond: Respond;
  isOver: boolean;
}

interface Run {
  readonly blocks: readonly Block[];
  readonly abort: AbortController;
}

export class WebSeed extends Wire {
  /** webtorrent's name for a connection that is not to be made twice. */
  readonly connId: string;
  readonly #queue = new RangeQueue<Block>();
  readonly #runs = new Set<Run>();
  #isPumpDue = false;
  #cancelRest: (() => void) | null = null;
  /** What it says it has. */
  readonly #pieces: Bitfield;
  readonly #map: PieceMap;
  #cancelNextClaim: (() => void) | null = null;

  constructor(
    readonly seedUrl: string,
    readonly host: WebSeedHost,
  ) {
    super();
    this.connId = seedUrl;
    this.#map = new PieceMap(host.meta.lengthBytes, host.meta.pieceLength);
    this.#pieces = new Bitfield(this.#map.pieceCount);
    // What people are shown as its name.
    this.extendedHandshake['v'] = new URL(seedUrl).host;
    this.use(ltDontHave());
    this.once('handshake', (infoHash: string) => void this.#greet(infoHash));
    this.on('interested', () => this.#offer());
    this.on('request', (piece: number, offset: number, lengthBytes: number, respond: Respond) => {
      const block = { piece, ...this.#at(piece, offset), lengthBytes, respond, isOver: false };
      if (!this.#pieces.has(piece)) return this.#refuse(block);
      this.#queue.add(block);
      this.#pumpSoon();
    });
    this.on('cancel', (piece: number, offset: number) => this.#cancel(this.#at(piece, offset)));
  }

  /** Nobody waits for what is still under way: a paused torrent must not go on receiving it. */
  override destroy(): void {
    this.#stop();
    this.#cancelRest?.();
    this.#cancelNextClaim?.();
    super.destroy();
  }

  /** `health` may let it be asked earlier than it did. */
  wake(): void {
    this.#offer();
  }

  async #greet(infoHash: string): Promise<void> {
    const id = await webSeedId(this.seedUrl);
    if (this.destroying) return;
    this.handshake(infoHash, id, { fast: true });
    this.#claim();
  }

  /** Says what it has: all but the pieces of missing files, now and when one of those may be asked for again. */
  #claim(): void {
    const { gaps, clock, meta } = this.host;
    for (let i = 0; i < this.#pieces.length; i++) this.#pieces.set(i);
    for (const file of gaps.missing(clock.now())) {
      const { first, last } = this.#map.piecesOf(meta.files[file]!)!;
      for (let i = first; i <= last; i++) this.#pieces.clear(i);
    }
    // A second bitfield is no peer's to send; our own end believes the newest.
    if (this.#pieces.isFull) this.haveAll();
    else this.bitfield(this.#pieces.bytes.slice());
    this.#cancelNextClaim?.();
    const nextMs = gaps.nextMs(clock.now());
    this.#cancelNextClaim = nextMs === null ? null : clock.after(nextMs, () => this.#claim());
  }

  /** Unchokes, now or when it has rested. */
  #offer(): void {
    this.#cancelRest?.();
    this.#cancelRest = null;
    if (this.destroying || !this.peerInterested) return;
    const { health, clock } = this.host;
    const waitMs = health.restingMs(clock.now());
    if (waitMs === 0) this.unchoke();
    else this.#cancelRest = clock.after(waitMs, () => this.#offer());
  }

  #at(piece: number, offset: number) {
    return { startBytes: piece * this.host.meta.pieceLength + offset };
  }

  #cancel({ startBytes }: { readonly startBytes: number }): void {
    if (this.#queue.remove(startBytes)) return;
    for (const { blocks, abort } of this.#runs) {
      const block = blocks.find((one) => one.startBytes === startBytes && !one.isOver);
      if (!block) continue;
      block.isOver = true;
      if (blocks.every((one) => one.isOver)) abort.abort();
    }
  }

  /** Requests come one by one; those of one turn are looked at together. */
  #pumpSoon(): void {
    if (this.#isPumpDue) return;
    this.#isPumpDue = true;
    this.host.clock.after(0, () => {
      this.#isPumpDue = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (!this.destroying && !this.#queue.isEmpty) {
      const free = this.host.health.maxRanges - this.#runs.size;
      if (free <= 0) return;
      const run = { blocks: this.#queue.take(free), abort: new AbortController() };
      this.#runs.add(run);
      void this.#run(run);
    }
  }

  async #run(run: Run): Promise<void> {
    const { clock, health, gaps } = this.host;
    const cutter = new BlockCutter(
      run.blocks.map(({ lengthBytes }) => lengthBytes),
      (index, bytes) => this.#give(run.blocks[index]!, bytes),
    );
    let file = -1;
    const onBytes = (bytes: Uint8Array) => {
      health.answered();
      gaps.gave(file);
      this.#pump();
      cutter.take(bytes);
    };
    let failure: WebSeedFailure | null = null;
    for (const { url, ...range } of this.#rangesOf(run)) {
      file = range.file;
      if (url === null) cutter.takeZeros(range.lengthBytes);
      else failure = await fetchRange({ url, ...range }, { clock, abort: run.abort, onBytes });
      if (failure || run.abort.signal.aborted) break;
    }
    // A run that was stopped is forgotten already, and what became of it is nobody's fault.
    const isOurs = this.#runs.delete(run);
    if (failure && isOurs) this.#failed(failure, file, run);
    else if (isOurs && !run.abort.signal.aborted) health.gave();
    this.#pump();
  }

  #rangesOf({ blocks }: Run) {
    const { startBytes } = blocks[0]!;
    const lengthBytes = blocks.reduce((sum, block) => sum + block.lengthBytes, 0);
    return webSeedRanges(this.seedUrl, this.host.meta, startBytes, lengthBytes);
  }

  #give(block: Block, bytes: Uint8Array): void {
    if (block.isOver || this.destroying) return;
    block.isOver = true;
    block.respond(null, bytes);
  }

  #refuse(block: Block): void {
    if (block.isOver || this.destroying) return;
    block.isOver = true;
    block.respond(new Error('not here'));
  }

  /** `file`: which the failed request was for. */
  #failed(failure: WebSeedFailure, file: number, run: Run): void {
    if (this.destroying) return;
    if (!isOfOneFile(failure)) return this.#rest(failure);
    const { gaps, meta, clock } = this.host;
    const { length: fileCount } = meta.files.filter(
      ({ lengthBytes, isPad }) => lengthBytes > 0 && !isPad,
    );
    const missing = gaps.missed(file, failure, fileCount, clock.now());
    if (missing.kind === 'seed') return this.#rest(failure);
    if (missing.kind === 'file') {
      this.#claim();
      if (missing.isFirst) this.host.onFirstGap(missing.restMs);
    }
    this.#refuseMissing();
    // Of other files, and free to be asked for again.
    for (const block of run.blocks) this.#refuse(block);
  }

  /** What it was asked for of pieces that it turned out not to have. */
  #refuseMissing(): void {
    for (const block of this.#queue.blocks) {
      if (this.#pieces.has(block.piece)) continue;
      this.#queue.remove(block.startBytes);
      this.#refuse(block);
    }
    for (const { blocks, abort } of this.#runs) {
      for (const block of blocks) if (!this.#pieces.has(block.piece)) this.#refuse(block);
      if (blocks.every((block) => block.isOver)) abort.abort();
    }
  }

  #rest(failure: WebSeedFailure): void {
    if (this.destroying) return;
    this.#stop();
    // Refuses what it was asked for, too (BEP 6): that is free for others at once.
    this.choke();
    this.host.onFailure(failure);
    this.#offer();
  }

  #stop(): void {
    const runs = [...this.#runs];
    this.#runs.clear();
    this.#queue.clear();
    for (const { abort } of runs) abort.abort();
  }
}

/** What a web seed is known by among peers: 40 hex digits. */
async function webSeedId(url: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(url));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
