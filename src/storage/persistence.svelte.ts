/** Asks the browser to keep what is stored: true or false is its answer, `null` means that it knows no such question. */
export type AskToPersist = () => Promise<boolean | null>;

/**
 * unasked ──► asking ──► kept | refused | unavailable
 *                ▲──────────────┘ (a person may ask again)
 */
export type PersistenceAnswer = 'unasked' | 'asking' | 'kept' | 'refused' | 'unavailable';

/** Whether the browser has promised not to clear our storage by itself. */
export class Persistence {
  readonly #askToPersist: AskToPersist;
  #answer = $state<PersistenceAnswer>('unasked');

  constructor(askToPersist: AskToPersist) {
    this.#askToPersist = askToPersist;
  }

  get answer(): PersistenceAnswer {
    return this.#answer;
  }

  /** For a person's first add: some browsers ask them in turn, so it is done once and not for each torrent. */
  async askOnce(): Promise<void> {
    if (this.#answer === 'unasked') await this.ask();
  }

  async ask(): Promise<void> {
    if (this.#answer === 'asking') return;
    this.#answer = 'asking';
    try {
      const isKept = await this.#askToPersist();
      this.#answer = isKept === null ? 'unavailable' : isKept ? 'kept' : 'refused';
    } catch {
      this.#answer = 'unavailable';
    }
  }
}
