/**
 * What is in a torrent, as far as it is known, and the store that keeps it.
 *
 *   metadata ──(info from a peer)──► opening ──(store open)──► open ──(taken away)──► opening
 *      └───────────────────────────────┴──────────────────────► failed (storage or metadata unusable)
 */
import type { RillError, Result } from '../../contract/errors.ts';
import type { InfoHash } from '../../contract/ids.ts';
import type { TorrentRecord } from '../model/catalogue.ts';
import type { TorrentMeta } from '../model/torrent-meta.ts';
import { readInfo } from '../readers/torrent-info.ts';
import type { Obstacle } from './obstacles.ts';
import type { Progress } from './progress.ts';
import { reasonOf } from './reason-of.ts';
import { StoredTorrent, type StoredEvents } from './stored-torrent.ts';
import type { TorrentContext } from './torrent-context.ts';
import type { TorrentLog } from './torrent-log.ts';

export type TorrentPhase =
  | { readonly kind: 'metadata' }
  | { readonly kind: 'opening'; readonly meta: TorrentMeta }
  | { readonly kind: 'open'; readonly stored: StoredTorrent }
  | { readonly kind: 'failed'; readonly error: RillError; readonly meta: TorrentMeta | null };

/** The torrent, as its content sees it. */
export interface ContentOf {
  readonly context: Pick<
    TorrentContext,
    'storage' | 'deps' | 'verifiesOnResume' | 'turnsChanged' | 'changed'
  >;
  readonly infoHash: InfoHash;
  readonly record: TorrentRecord;
  readonly isHeld: boolean;
  readonly obstacle: Obstacle | null;
  readonly log: Pick<TorrentLog, 'note'>;
  readonly progress: Progress;
}

export class TorrentContent {
  phase: TorrentPhase;
  readonly #torrent: ContentOf;
  readonly #events: StoredEvents;
  #opening: Promise<void> = Promise.resolve();

  /** @param meta `null`: what is inside is not known yet */
  constructor(torrent: ContentOf, meta: TorrentMeta | null, events: StoredEvents) {
    this.phase = meta ? { kind: 'opening', meta } : { kind: 'metadata' };
    this.#torrent = torrent;
    this.#events = events;
  }

  get stored(): StoredTorrent | null {
    return this.phase.kind === 'open' ? this.phase.stored : null;
  }

  get meta(): TorrentMeta | null {
    switch (this.phase.kind) {
      case 'metadata':
        return null;
      case 'open':
        return this.phase.stored.plan.meta;
      case 'opening':
      case 'failed':
        return this.phase.meta;
    }
  }

  /** Reads the metadata, which is a failure to be noted when it is none. `null`: that is known already, or of no use any more. */
  async learn(infoBytes: Uint8Array): Promise<Result<TorrentMeta> | null> {
    if (this.phase.kind !== 'metadata') return null;
    const { infoHash, log } = this.#torrent;
    const read = await readInfo(infoBytes, infoHash);
    if (this.#torrent.obstacle?.kind === 'gone' || this.phase.kind !== 'metadata') return null;
    if (read.ok) this.phase = { kind: 'opening', meta: read.value };
    else {
      this.phase = { kind: 'failed', error: read.error, meta: null };
      log.note(read.error.message);
    }
    return read;
  }

  /** Opens the store, where it is known what is to be in it; that it cannot be opened is noted. */
  open(): Promise<void> {
    if (this.phase.kind !== 'opening') return Promise.resolve();
    this.#opening = this.#open(this.phase.meta);
    return this.#opening;
  }

  /** Opens it anew: it could not be opened before, or what was in it has been taken away. */
  async reopen(): Promise<void> {
    const { meta, stored } = this;
    if (!meta) return;
    this.phase = { kind: 'opening', meta };
    // Its handles lead nowhere; deleting lets go of them without a flush, and of what a handle may have made again.
    await stored?.end(true).catch((error: unknown) => {
      this.#torrent.log.note(reasonOf(error).message);
    });
    await this.open();
  }

  /** Closes the store or deletes it; also one that is being opened, which would stay behind after its deletion. */
  async close(isDeleting: boolean): Promise<void> {
    await this.#opening;
    await this.stored?.end(isDeleting);
  }

  async #open(meta: TorrentMeta): Promise<void> {
    const { context, record, log, progress } = this.#torrent;
    const now = () => new Date(context.deps.clock.now()).toISOString();
    try {
      const { storage } = context;
      const stored = await StoredTorrent.open(storage, meta, record.files, now, this.#events);
      stored.ledger.prioritize(this.#torrent.record.filePriorities);
      this.phase = { kind: 'open', stored };
      if (context.verifiesOnResume()) stored.recheck();
      // What would be written again just as it is, for each of hundreds of torrents, can wait: `confirm`.
      if (!this.#torrent.isHeld && !stored.isAsRecorded) await progress.checkpoint(true);
      progress.noteCompletion();
    } catch (error) {
      this.phase = { kind: 'failed', meta, error: reasonOf(error) };
      log.note(reasonOf(error).message);
    }
    context.turnsChanged();
    context.changed();
  }
}
