import type { RillError } from '../../workers/contract/errors.ts';

export interface Toast {
  readonly id: number;
  readonly tone: 'info' | 'good' | 'bad';
  /** Text may hold a torrent's name: it is shown as text. */
  readonly message: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

const READING_MS = 7_000;

/** Short messages. News goes away by itself; what went wrong stays until it is put away. */
export class Toasts {
  #items = $state.raw<readonly Toast[]>([]);
  #nextId = 1;
  readonly #later: (ms: number, callback: () => void) => void;

  constructor(later: (ms: number, callback: () => void) => void) {
    this.#later = later;
  }

  get items(): readonly Toast[] {
    return this.#items;
  }

  show(toast: Omit<Toast, 'id'>): void {
    const id = this.#nextId++;
    // The same text twice is one message, and nobody reads more than four.
    const others = this.#items.filter((item) => item.message !== toast.message).slice(-3);
    this.#items = [...others, { ...toast, id }];
    if (toast.tone !== 'bad' && !toast.action) this.#later(READING_MS, () => this.dismiss(id));
  }

  error(error: RillError): void {
    this.show({ tone: 'bad', message: error.message });
  }

  dismiss(id: number): void {
    this.#items = this.#items.filter((item) => item.id !== id);
  }
}
