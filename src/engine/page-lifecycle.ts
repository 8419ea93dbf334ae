/**
 * The life of a page as the engine has to hear of it. Before a page may be frozen or killed what is verified is to be
 * written down; after it or its network was away storage and connections are to be looked after.
 *
 *   visible ──► hidden ──► frozen ──► discarded
 *      ▲          │ (over a minute)     (`checkpoint` on hidden, freeze and pagehide)
 *      └── wake ◄─┴─ resume, pageshow from the back/forward cache
 */

/** Hidden for less than this, timers and connections are as they were. */
const LONG_AWAY_MS = 60_000;

export interface LifecycleHandlers {
  /** The page may be gone in a moment, without another word. */
  checkpoint(): void;
  /** The page was frozen, cached or hidden for long, or the network is back. */
  wake(): void;
}

/** The parts of the browser this listens to; a test gives its own. */
export interface LifecycleSource {
  readonly document: Pick<Document, 'addEventListener' | 'visibilityState'>;
  readonly window: Pick<Window, 'addEventListener'>;
  /** Milliseconds; goes on while the machine sleeps. */
  readonly now: () => number;
}

/** Calls the handlers for the life of the page. */
export function watchLifecycle(
  handlers: LifecycleHandlers,
  { document, window, now }: LifecycleSource,
): void {
  let hiddenAtMs: number | null = null;
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') {
      hiddenAtMs = now();
      return handlers.checkpoint();
    }
    const isLongAway = hiddenAtMs !== null && now() - hiddenAtMs >= LONG_AWAY_MS;
    hiddenAtMs = null;
    if (isLongAway) handlers.wake();
  });
  document.addEventListener('freeze', () => handlers.checkpoint());
  document.addEventListener('resume', () => handlers.wake());
  window.addEventListener('pagehide', () => handlers.checkpoint());
  window.addEventListener('pageshow', ({ persisted }) => {
    if (persisted) handlers.wake();
  });
  window.addEventListener('online', () => handlers.wake());
}
