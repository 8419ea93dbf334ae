/**
 * What is asked for twice at once happens once.
 *
 * Invariants: of one key at most one call of `share` runs, and all who asked meanwhile have its answer; calls of `inTurn` of one
 * key run one after the other, in the order they came, whatever became of those before.
 */
export class SharedCalls {
  readonly #shared = new Map<string, Promise<unknown>>();
  readonly #turns = new Map<string, Promise<unknown>>();

  /** Joins the call of that key that is under way, or makes it. All calls of one key must answer the same kind of thing. */
  share<T>(key: string, call: () => Promise<T>): Promise<T> {
    const running = this.#shared.get(key) as Promise<T> | undefined;
    return running ?? this.#keep(this.#shared, key, call());
  }

  /** Begins when those of that key that came before have ended; at once when there are none. */
  inTurn<T>(key: string, call: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(key);
    return this.#keep(this.#turns, key, before ? before.then(call, call) : call());
  }

  #keep<T>(calls: Map<string, Promise<unknown>>, key: string, call: Promise<T>): Promise<T> {
    calls.set(key, call);
    const forget = () => {
      if (calls.get(key) === call) calls.delete(key);
    };
    void call.then(forget, forget);
    return call;
  }
}
