/**
 * One engine per origin: the tab that holds the Web Lock runs it. The browser gives the lock to the next tab when the holder
 * closes or dies, so the engine moves by itself.
 */
import { ENGINE_LOCK } from '../../workers/contract/broker.ts';

/** Calls back when this tab leads, now or when the leader before it is gone. The lock is kept for the life of the tab. */
export function whenLeading(lead: () => void): void {
  void navigator.locks.request(ENGINE_LOCK, () => {
    lead();
    return new Promise<never>(() => undefined);
  });
}

/** Whether some tab, perhaps this one, runs the engine now. */
export async function isLed(): Promise<boolean> {
  const { held } = await navigator.locks.query();
  return held?.some(({ name }) => name === ENGINE_LOCK) ?? false;
}

/** Takes a lock under a fresh name for the life of this tab, and returns the name: by it others notice that we are gone. */
export function holdAliveLock(): string {
  const name = `rill-client-${crypto.randomUUID()}`;
  void navigator.locks.request(name, () => new Promise<never>(() => undefined));
  return name;
}
