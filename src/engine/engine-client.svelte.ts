import { fail, type Result } from '../../workers/contract/errors.ts';
import type { EngineSnapshot, TorrentSummary } from '../../workers/contract/snapshot.ts';
import type { Connect, ConnectionState, RemoteEngine } from './connection.ts';

/** What a person needs to know about the engine: `other-tab` is ready too, it only runs elsewhere. */
export type EngineStatus = 'starting' | 'ready' | 'other-tab' | 'failed';

const NONE: readonly TorrentSummary[] = [];

type SnapshotListener = (snapshot: EngineSnapshot) => void;

/** The page's one view of the engine: the newest snapshot, the state of the connection, and a way to call. */
export class EngineClient {
  #snapshot = $state.raw<EngineSnapshot | null>(null);
  #connection = $state.raw<ConnectionState>({ kind: 'starting' });
  readonly #snapshotListeners = new Set<SnapshotListener>();
  readonly #connectionListeners = new Set<(state: ConnectionState) => void>();

  /** The same list as before when nothing in it changed; what follows is then not worked out again either. */
  readonly #torrents = $derived(this.#snapshot?.torrents ?? NONE);
  readonly #library = $derived(this.#torrents.filter((torrent) => !torrent.isHeld));
  readonly #torrentsByHash = $derived(
    new Map(this.#torrents.map((torrent) => [torrent.infoHash as string, torrent])),
  );

  constructor(connect: Connect) {
    connect({
      onSnapshot: (snapshot) => {
        this.#snapshot = snapshot;
        for (const listener of [...this.#snapshotListeners]) listener(snapshot);
      },
      onState: (state) => {
        this.#connection = state;
        for (const listener of [...this.#connectionListeners]) listener(state);
      },
    });
  }

  get snapshot(): EngineSnapshot | null {
    return this.#snapshot;
  }

  get connection(): ConnectionState {
    return this.#connection;
  }

  get status(): EngineStatus {
    if (this.#connection.kind !== 'ready') return this.#connection.kind;
    return this.#connection.role === 'leader' ? 'ready' : 'other-tab';
  }

  /** The torrents a person has confirmed, in the engine's order. */
  get library(): readonly TorrentSummary[] {
    return this.#library;
  }

  torrent(infoHash: string): TorrentSummary | null {
    return this.#torrentsByHash.get(infoHash) ?? null;
  }

  /** Calls back with each snapshot from now on; returns how to stop. */
  onSnapshot(listener: SnapshotListener): () => void {
    this.#snapshotListeners.add(listener);
    return () => this.#snapshotListeners.delete(listener);
  }

  /** Calls back with each change of the connection from now on; returns how to stop. */
  onConnection(listener: (state: ConnectionState) => void): () => void {
    this.#connectionListeners.add(listener);
    return () => this.#connectionListeners.delete(listener);
  }

  /** The engine, as soon as there is one. Never settles while it is starting. */
  async remote(): Promise<Result<RemoteEngine>> {
    const settled = (state: ConnectionState): Result<RemoteEngine> | null => {
      if (state.kind === 'ready') return { ok: true, value: state.engine };
      return state.kind === 'failed' ? { ok: false, error: state.error } : null;
    };
    return (
      settled(this.#connection) ??
      new Promise((resolve) => {
        const stop = this.onConnection((state) => {
          const result = settled(state);
          if (!result) return;
          stop();
          resolve(result);
        });
      })
    );
  }

  /** Runs a command. A broken connection is an error value like any other, and so is an engine that goes away. */
  async call<T>(command: (engine: RemoteEngine) => Promise<Result<T>>): Promise<Result<T>> {
    const remote = await this.remote();
    if (!remote.ok) return remote;
    let stop = () => {};
    const gone = new Promise<Result<T>>((resolve) => {
      stop = this.onConnection(() =>
        resolve(
          fail('engine-starting', 'Rill’s engine was started anew meanwhile. Please try again.'),
        ),
      );
    });
    try {
      return await Promise.race([command(remote.value), gone]);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      return fail(
        'unexpected',
        `Something went wrong inside Rill: ${reason}. Reload and try again.`,
      );
    } finally {
      stop();
    }
  }
}
