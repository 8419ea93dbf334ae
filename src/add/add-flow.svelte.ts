import type { CoolingTorrent } from '../../workers/contract/cooldown.ts';
import type { AddSource, Added, StartOptions } from '../../workers/contract/engine.ts';
import { fail, type Result, type RillError } from '../../workers/contract/errors.ts';
import type { InfoHash } from '../../workers/contract/ids.ts';
import type { EngineSnapshot, TorrentDetail } from '../../workers/contract/snapshot.ts';
import type { EngineClient } from '../engine/engine-client.svelte.ts';
import { failureText } from '../health/failure-text.ts';
import { fileToWatch } from './file-to-watch.ts';

/** No .torrent of interest is larger; a bigger file is not even read. */
const MAX_TORRENT_FILE_BYTES = 10_000_000;
/** When nobody has answered for this long, the person is told why that may be. */
const SLOW_AFTER_MS = 12_000;

/**
 * closed ──► asking ──► looking ──► choosing ──► closed (started)
 *              ▲          │            └───────► closed (forgotten)
 *              └── error ─┴──────────► closed (forgotten)
 *
 * Nothing is sent to the network before `looking`, and only a person's own gesture leads there.
 */
export type AddState =
  | { readonly kind: 'closed' }
  | {
      readonly kind: 'asking';
      readonly text: string;
      /** A file the system opened with Rill, waiting for a click. */
      readonly file: File | null;
      /** Came with the URL: say so, since the person may not have meant it. */
      readonly isFromLink: boolean;
      readonly error: RillError | null;
    }
  | { readonly kind: 'looking'; readonly infoHash: InfoHash | null; readonly isSlow: boolean }
  | {
      readonly kind: 'choosing';
      readonly detail: TorrentDetail;
      readonly selected: ReadonlySet<number>;
      readonly isStarting: boolean;
      readonly error: RillError | null;
    };

export interface AddFlowDeps {
  readonly engine: Pick<EngineClient, 'call' | 'onSnapshot'>;
  /** Called when a torrent is in the library: it is new, or it was there already. */
  readonly onAdded: (infoHash: InfoHash, name: string, isNew: boolean) => void;
  /** Called when a torrent was opened only to watch this file of it. */
  readonly onWatch: (infoHash: InfoHash, fileIndex: number) => void;
  readonly fetchSample: () => Promise<Result<Uint8Array>>;
  /** Calls back after a while; returns how to call it off. */
  readonly later: (ms: number, callback: () => void) => () => void;
}

const CLOSED: AddState = { kind: 'closed' };

/** One addition at a time, from a text or a file to a torrent that downloads; the rest waits in line. */
export class AddFlow {
  readonly #deps: AddFlowDeps;
  #state = $state.raw<AddState>(CLOSED);
  #waiting = $state.raw<readonly File[]>([]);
  /** The text that is being looked at, to be offered again when it fails. */
  #text = '';
  /** What is being looked into: an engine that was started anew knows nothing of it, and is told again. */
  #source: AddSource | null = null;
  /** Grows when what is under way no longer matters: late answers compare it. */
  #attempt = 0;
  #stopWaiting: () => void = () => {};

  constructor(deps: AddFlowDeps) {
    this.#deps = deps;
  }

  get state(): AddState {
    return this.#state;
  }

  /** How many more files wait for their turn. */
  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** Opens the empty question. */
  ask(): void {
    this.#ask({});
  }

  /** Offers what came with the URL or from the system. Needs a click before anything happens. */
  offer(offered: { readonly text: string } | { readonly file: File }): void {
    this.#ask({ ...offered, isFromLink: true });
  }

  /** A person gave this text by their own gesture. */
  async lookInsideText(text: string): Promise<void> {
    const trimmed = text.trim();
    if (trimmed === '') return this.ask();
    this.#text = trimmed;
    await this.#look(async () => ({ ok: true, value: { kind: 'text', text: trimmed } }));
  }

  /** A person gave these files by their own gesture. */
  async lookInsideFiles(files: readonly File[]): Promise<void> {
    const [first, ...rest] = files;
    if (!first) return;
    this.#waiting = [...this.#waiting, ...rest];
    this.#text = '';
    await this.#look(() => readTorrentFile(first));
  }

  async lookInsideSample(): Promise<void> {
    this.#text = '';
    await this.#look(async () => {
      const sample = await this.#deps.fetchSample();
      return sample.ok
        ? { ok: true, value: { kind: 'torrent-file', bytes: sample.value } }
        : sample;
    });
  }

  setSelected(indexes: readonly number[], isSelected: boolean): void {
    if (this.#state.kind !== 'choosing') return;
    const selected = new Set(this.#state.selected);
    for (const index of indexes) {
      if (isSelected) selected.add(index);
      else selected.delete(index);
    }
    this.#state = { ...this.#state, selected };
  }

  async confirm(): Promise<void> {
    if (this.#state.kind !== 'choosing' || this.#state.isStarting) return;
    const { detail, selected } = this.#state;
    if (selected.size === 0) return;
    // Without a list it is what the link named.
    const isAsNamed = detail.files.every((file) => file.selected && selected.has(file.index));
    const files = isAsNamed ? undefined : [...selected].sort((a, b) => a - b);
    if (await this.#start(this.#state, files, {}))
      this.#deps.onAdded(detail.infoHash, detail.name, true);
  }

  /** What "Watch without keeping" would play, or `null` when nothing that is chosen plays. */
  get fileToWatch(): number | null {
    return this.#state.kind === 'choosing' ? fileToWatch(this.#state) : null;
  }

  /** Fetches what is to be watched and nothing else, and opens it; the torrent goes when nobody watches any more. */
  async watch(): Promise<void> {
    const file = this.fileToWatch;
    if (this.#state.kind !== 'choosing' || this.#state.isStarting || file === null) return;
    const { infoHash } = this.#state.detail;
    if (await this.#start(this.#state, [file], { keepOffline: false }))
      this.#deps.onWatch(infoHash, file);
  }

  /** Closes, and forgets what was only looked at. */
  cancel(): void {
    const held =
      this.#state.kind === 'choosing'
        ? this.#state.detail.infoHash
        : this.#state.kind === 'looking'
          ? this.#state.infoHash
          : null;
    this.#finish();
    if (held) void this.#forget(held);
  }

  /** Returns whether it runs, with the dialog closed; else what went wrong is shown. */
  async #start(
    choosing: Extract<AddState, { kind: 'choosing' }>,
    files: readonly number[] | undefined,
    options: StartOptions,
  ): Promise<boolean> {
    this.#state = { ...choosing, isStarting: true, error: null };
    const { infoHash } = choosing.detail;
    const start = () => this.#deps.engine.call((engine) => engine.start(infoHash, files, options));
    let started = await start();
    if (!started.ok && started.error.kind === 'unknown-torrent') {
      const held = await this.#hold();
      started = held.ok ? await start() : held;
    }
    if (started.ok) this.#finish();
    else this.#state = { ...choosing, isStarting: false, error: started.error };
    return started.ok;
  }

  #ask(given: Partial<Omit<Extract<AddState, { kind: 'asking' }>, 'kind'>>): void {
    if (this.#state.kind === 'looking' || this.#state.kind === 'choosing') this.cancel();
    this.#state = {
      kind: 'asking',
      text: '',
      file: null,
      isFromLink: false,
      error: null,
      ...given,
    };
  }

  async #look(read: () => Promise<Result<AddSource>>): Promise<void> {
    if (this.#state.kind === 'looking' || this.#state.kind === 'choosing') {
      const waiting = this.#waiting;
      this.#waiting = [];
      this.cancel();
      this.#waiting = waiting;
    }
    const attempt = ++this.#attempt;
    this.#state = { kind: 'looking', infoHash: null, isSlow: false };
    const source = await read();
    if (attempt !== this.#attempt) return;
    if (!source.ok) return this.#fail(source.error);
    this.#source = source.value;
    await this.#lookAt(attempt);
  }

  /** Of the source at hand. */
  async #lookAt(attempt: number): Promise<void> {
    const added = await this.#hold();
    if (attempt !== this.#attempt) {
      if (added.ok && added.value.isNew) void this.#forget(added.value.infoHash);
      return;
    }
    if (!added.ok) return this.#fail(added.error);
    await this.#inspect(added.value.infoHash, attempt);
  }

  /** The engine looks into the source; not for long when it has done so before, since it remembers (metadata-cache.ts). */
  async #hold(): Promise<Result<Added>> {
    const source = this.#source;
    if (!source) return fail('unexpected', 'There is nothing to look into. Add the torrent again.');
    return this.#deps.engine.call((engine) => engine.add(source, { hold: true }));
  }

  /** Asks what is known of a held torrent; waits for the snapshots while that is nothing. */
  async #inspect(infoHash: InfoHash, attempt: number): Promise<void> {
    const detail = await this.#deps.engine.call((engine) => engine.torrent(infoHash));
    if (attempt !== this.#attempt) return;
    if (!detail.ok) return this.#fail(detail.error);
    if (!detail.value.isHeld) {
      this.#finish();
      this.#deps.onAdded(infoHash, detail.value.name, false);
    } else if (detail.value.lengthBytes > 0) {
      this.#stopWaiting();
      this.#state = {
        kind: 'choosing',
        detail: detail.value,
        // All of them, unless the link names some (BEP 53).
        selected: new Set(
          detail.value.files.filter(({ selected }) => selected).map(({ index }) => index),
        ),
        isStarting: false,
        error: null,
      };
    } else {
      this.#wait(infoHash, attempt);
    }
  }

  #wait(infoHash: InfoHash, attempt: number): void {
    this.#state = { kind: 'looking', infoHash, isSlow: false };
    const stopTimer = this.#deps.later(SLOW_AFTER_MS, () => {
      if (this.#state.kind === 'looking') this.#state = { ...this.#state, isSlow: true };
    });
    let wasSeen = false;
    const stopWatching = this.#deps.engine.onSnapshot((snapshot: EngineSnapshot) => {
      const torrent = snapshot.torrents.find((one) => one.infoHash === infoHash);
      if (torrent && (torrent.lengthBytes > 0 || !torrent.isHeld)) {
        this.#stopWaiting();
        void this.#inspect(infoHash, attempt);
      } else if (!torrent) {
        const gaveUp = snapshot.cooling.find((one) => one.infoHash === infoHash);
        if (gaveUp) this.#fail(foundNothing(gaveUp));
        else if (wasSeen) this.#lookAgain();
      }
      wasSeen ||= torrent !== undefined;
    });
    this.#stopWaiting = () => {
      stopTimer();
      stopWatching();
    };
  }

  /** Another engine runs now, and what is only looked into was saved nowhere. */
  #lookAgain(): void {
    this.#stopWaiting();
    this.#state = { kind: 'looking', infoHash: null, isSlow: false };
    void this.#lookAt(++this.#attempt);
  }

  #fail(error: RillError): void {
    this.#attempt += 1;
    this.#stopWaiting();
    this.#state = { kind: 'asking', text: this.#text, file: null, isFromLink: false, error };
  }

  /** Closes, then takes the next file in line. */
  #finish(): void {
    this.#attempt += 1;
    this.#stopWaiting();
    this.#state = CLOSED;
    const [next, ...rest] = this.#waiting;
    this.#waiting = rest;
    if (next) void this.lookInsideFiles([next]);
  }

  async #forget(infoHash: InfoHash): Promise<void> {
    await this.#deps.engine.call((engine) => engine.remove(infoHash, 'delete'));
  }
}

/** The engine has looked long enough, and keeps nothing of it. */
function foundNothing({ reason }: CoolingTorrent): RillError {
  const message = `${failureText(reason)} Press “Look inside” to try again at once.`;
  return { kind: 'no-peers', message };
}

async function readTorrentFile(file: File): Promise<Result<AddSource>> {
  if (file.size > MAX_TORRENT_FILE_BYTES)
    return fail(
      'too-large',
      'That file is larger than 10 MB, so it is not a .torrent. Choose a .torrent file.',
    );
  try {
    return {
      ok: true,
      value: { kind: 'torrent-file', bytes: new Uint8Array(await file.arrayBuffer()) },
    };
  } catch {
    return fail(
      'bad-torrent',
      'The file could not be read. Was it moved or is it a folder? Choose it again.',
    );
  }
}
