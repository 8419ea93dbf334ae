import type { QueueMove } from '../../workers/contract/engine.ts';
import type { TorrentSummary } from '../../workers/contract/snapshot.ts';
import { isStopped } from '../library/torrent-status.ts';
import type { EngineClient } from '../engine/engine-client.svelte.ts';
import type { Toasts } from '../ui/toasts.svelte.ts';

/** What a person does to a torrent, wherever its buttons are. What fails is said in a toast. */
export class TorrentActions {
  readonly #engine: Pick<EngineClient, 'call'>;
  readonly #toasts: Toasts;
  readonly #copyText: (text: string) => Promise<void>;
  #removing = $state.raw<TorrentSummary | null>(null);

  constructor(
    engine: Pick<EngineClient, 'call'>,
    toasts: Toasts,
    copyText: (text: string) => Promise<void>,
  ) {
    this.#engine = engine;
    this.#toasts = toasts;
    this.#copyText = copyText;
  }

  /** The torrent that waits for the person's word before it is removed. */
  get removing(): TorrentSummary | null {
    return this.#removing;
  }

  async toggle(torrent: Pick<TorrentSummary, 'infoHash' | 'state' | 'check'>): Promise<void> {
    if (isStopped(torrent)) return this.resume(torrent.infoHash);
    const result = await this.#engine.call((engine) => engine.pause(torrent.infoHash));
    if (!result.ok) this.#toasts.error(result.error);
  }

  async resume(infoHash: string): Promise<void> {
    const result = await this.#engine.call((engine) => engine.resume(infoHash));
    if (!result.ok) this.#toasts.error(result.error);
  }

  async move(infoHash: string, to: QueueMove): Promise<void> {
    const result = await this.#engine.call((engine) => engine.moveInQueue(infoHash, to));
    if (!result.ok) this.#toasts.error(result.error);
  }

  async recheck(infoHash: string): Promise<void> {
    const result = await this.#engine.call((engine) => engine.recheck(infoHash));
    if (!result.ok) this.#toasts.error(result.error);
  }

  /** Asks every tracker for peers now. */
  async askTrackers(infoHash: string): Promise<void> {
    const result = await this.#engine.call((engine) => engine.reannounce(infoHash));
    if (!result.ok) this.#toasts.error(result.error);
    else this.#toasts.show({ tone: 'good', message: 'The trackers are asked for peers.' });
  }

  async select(infoHash: string, files: readonly number[]): Promise<void> {
    const result = await this.#engine.call((engine) => engine.select(infoHash, files));
    if (!result.ok) this.#toasts.error(result.error);
  }

  /** What was opened only to be watched stays from now on. */
  async keepOffline(infoHash: string): Promise<void> {
    const change = { keepOffline: true };
    const result = await this.#engine.call((engine) => engine.change(infoHash, change));
    if (!result.ok) return this.#toasts.error(result.error);
    this.#toasts.show({ tone: 'good', message: 'It stays until you remove it.' });
  }

  async copyMagnet(torrent: Pick<TorrentSummary, 'magnet'>): Promise<void> {
    try {
      await this.#copyText(torrent.magnet);
      this.#toasts.show({ tone: 'good', message: 'Magnet link copied.' });
    } catch {
      this.#toasts.show({ tone: 'bad', message: 'The browser did not allow copying. Try again.' });
    }
  }

  askToRemove(torrent: TorrentSummary): void {
    this.#removing = torrent;
  }

  keep(): void {
    this.#removing = null;
  }

  /** Returns whether it is gone. */
  async remove(data: 'delete' | 'keep'): Promise<boolean> {
    const torrent = this.#removing;
    if (!torrent) return false;
    const result = await this.#engine.call((engine) => engine.remove(torrent.infoHash, data));
    this.#removing = null;
    if (!result.ok) {
      this.#toasts.error(result.error);
      return false;
    }
    this.#toasts.show({ tone: 'good', message: `Removed “${torrent.name}”.` });
    return true;
  }
}
