/** What happened to the library as a whole and a person should hear of, until it is dismissed. */
import type { Notice } from '../../contract/snapshot.ts';

const MAX_NOTICES = 20;

export class Notices {
  #list: readonly Notice[] = [];
  #newestId = 0;

  constructor(readonly now: () => string) {}

  /** Oldest first. */
  get list(): readonly Notice[] {
    return this.#list;
  }

  /** The same words are not said twice at a time. */
  add({ kind, message }: Pick<Notice, 'kind' | 'message'>): void {
    if (this.#list.some((notice) => notice.kind === kind && notice.message === message)) return;
    const notice: Notice = { id: String(++this.#newestId), kind, message, at: this.now() };
    this.#list = [...this.#list, notice].slice(-MAX_NOTICES);
  }

  dismiss(id: string): void {
    this.#list = this.#list.filter((notice) => notice.id !== id);
  }
}
