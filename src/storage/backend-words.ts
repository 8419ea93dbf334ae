import type { StorageSnapshot } from '../../workers/contract/snapshot.ts';

export interface BackendWords {
  readonly title: string;
  /** What it means for the person. */
  readonly text: string;
  /** `warn`: what is stored will not be there next time. */
  readonly tone: 'plain' | 'warn';
}

const WORDS: Readonly<Record<StorageSnapshot['backend'], BackendWords>> = {
  opfs: {
    title: 'Files of this browser (OPFS)',
    text: 'The fastest place a page has. It stays when Rill is closed.',
    tone: 'plain',
  },
  indexeddb: {
    title: 'Database of this browser (IndexedDB)',
    text: 'Slower than files. It stays when Rill is closed; in a private window it goes with the window.',
    tone: 'plain',
  },
  memory: {
    title: 'Memory only',
    text: 'Closing or reloading Rill loses what is downloaded. Save finished files before you leave.',
    tone: 'warn',
  },
  none: {
    title: 'No storage',
    text: 'Nothing can be downloaded here. Leave private browsing or allow this site to store data, then reload.',
    tone: 'warn',
  },
};

/** Where downloads are kept, in a person's words. */
export function backendWords(backend: StorageSnapshot['backend']): BackendWords {
  return WORDS[backend];
}
