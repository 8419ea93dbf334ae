/** The shape of the door to the engine, free of the library behind it, so that a test can stand in for it. */
import type { Engine } from '../../workers/contract/engine.ts';
import type { RillError } from '../../workers/contract/errors.ts';
import type { EngineSnapshot } from '../../workers/contract/snapshot.ts';

/** The same interface from another context: every answer takes a while. */
export type Promisified<T> = {
  readonly [Key in keyof T]: T[Key] extends (...args: infer Args) => infer Answer
    ? (...args: Args) => Promise<Awaited<Answer>>
    : never;
};

export type RemoteEngine = Promisified<Engine>;

/**
 * starting ──► ready ──► starting (the leader went) ──► ready …
 *    └───────► failed (until a reload, here or of the tab that leads) ──► starting …
 */
export type ConnectionState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'ready'; readonly engine: RemoteEngine; readonly role: 'leader' | 'follower' }
  | { readonly kind: 'failed'; readonly error: RillError };

export interface ConnectionHandlers {
  /** Torrents that did not change since the one before are the same objects. */
  onSnapshot(snapshot: EngineSnapshot): void;
  onState(state: ConnectionState): void;
}

/** Connects, and keeps itself connected when the engine moves to another tab. */
export type Connect = (handlers: ConnectionHandlers) => void;
