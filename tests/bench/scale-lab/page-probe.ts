/** Looks at the page from inside, from before its first script on: when things happen, and how long it is busy. */
import type { BrowserContext, Page } from '@playwright/test';

interface Probe {
  /** When the page made its engine worker, and when the list of the library had that many rows: ms of the page's clock. */
  engineMs: number | null;
  readonly rowsAtMs: Map<number, number>;
  /** Time the page took for each snapshot: reading it, and all that followed from it before the page was free again. */
  readonly applyMs: number[];
  /** Lengths of tasks over 50 ms. */
  readonly longTasksMs: number[];
}

declare global {
  var probe: Probe;
}

/** On every page that the context opens from now on. */
export async function installProbe(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const made: Probe = { engineMs: null, rowsAtMs: new Map(), applyMs: [], longTasksMs: [] };
    globalThis.probe = made;
    const OwnWorker = Worker;
    globalThis.Worker = class extends OwnWorker {
      constructor(...given: ConstructorParameters<typeof Worker>) {
        super(...given);
        made.engineMs ??= performance.now();
      }
    };
    new MutationObserver(() => {
      const rows = document.querySelectorAll('section[aria-labelledby=library-title] li').length;
      if (!made.rowsAtMs.has(rows)) made.rowsAtMs.set(rows, performance.now());
    }).observe(document, { childList: true, subtree: true });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) made.longTasksMs.push(duration);
    }).observe({ type: 'longtask' });

    // Snapshots arrive over a port of their own, as calls of the page's listener.
    const isSnapshot = (data: unknown) => {
      const [argument] = (data as { argumentList?: { value?: object }[] }).argumentList ?? [];
      return argument?.value !== undefined && 'changed' in argument.value;
    };
    const { addEventListener } = MessagePort.prototype;
    MessagePort.prototype.addEventListener = function (
      this: MessagePort,
      kind: string,
      listener: EventListener,
      ...rest: [boolean?]
    ) {
      const timed = (event: Event) => {
        const beganMs = performance.now();
        // The first look at it is what deserialises it.
        const counts = isSnapshot((event as MessageEvent<unknown>).data);
        listener.call(this, event);
        // What the listener left to be done at once (Svelte's effects) was queued before this.
        if (counts) queueMicrotask(() => made.applyMs.push(performance.now() - beganMs));
      };
      Reflect.apply(addEventListener, this, [kind, kind === 'message' ? timed : listener, ...rest]);
    };
  });
}

/** From the engine's start until the page lists that many torrents, in ms. */
export async function untilListed(page: Page, torrents: number): Promise<number> {
  await page.waitForFunction((count) => globalThis.probe?.rowsAtMs.has(count), torrents);
  return page.evaluate((count) => probe.rowsAtMs.get(count)! - probe.engineMs!, torrents);
}

/** Takes what was measured so far, so that the next look sees only what came after. */
export function takeMeasured(page: Page): Promise<Pick<Probe, 'applyMs' | 'longTasksMs'>> {
  return page.evaluate(() => ({
    applyMs: probe.applyMs.splice(0),
    longTasksMs: probe.longTasksMs.splice(0),
  }));
}
