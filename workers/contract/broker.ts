/**
 * How a context that does not run the engine gets a port to it. Only the page that holds the Web Lock `rill-engine`
 * runs an engine; the service worker is the one place that can reach every page, so it passes the ports on.
 *
 *   asker (another tab)  --engine-wanted-->  service worker  --engine-port-wanted--> every page
 *   leading page         --engine-port (a fresh MessagePort)-->  service worker  --engine-port-->  asker
 *                        --engine-failed (why there is none)-->
 *
 * Pages that do not lead stay silent. A port is good until its leader goes; the next leader says `leader-changed` on
 * the BroadcastChannel, and everyone asks again. While its engine starts a leader hands out ports that wait; when the
 * start fails it says `engine-failed` there, everyone asks again, and is answered with the reason.
 */
import type { Origin } from './cooldown.ts';
import type { RillError, RillErrorKind } from './errors.ts';

export const ENGINE_LOCK = 'rill-engine';
export const LEADER_CHANNEL = 'rill-leader';

export type BrokerMessage =
  | { readonly kind: 'engine-wanted'; readonly requestId: string; readonly aliveLock?: string }
  | {
      readonly kind: 'engine-port-wanted';
      readonly requestId: string;
      readonly aliveLock?: string;
      /** `script` when the service worker wants it for itself, to serve the local API. */
      readonly origin?: Origin;
    }
  | { readonly kind: 'engine-port'; readonly requestId: string; readonly port: MessagePort }
  | { readonly kind: 'engine-failed'; readonly requestId: string; readonly error: RillError }
  | { readonly kind: 'skip-waiting' };

export type LeaderMessage = { readonly kind: 'leader-changed' | 'engine-failed' };

/** Why an engine does not start. `engine-starting` is not among them: it would mean "ask again". */
const START_FAILURES: readonly RillErrorKind[] = [
  'storage-unavailable',
  'storage-full',
  'version-mismatch',
  'unexpected',
];
const MAX_REASON_LENGTH = 2_000;

/** Returns the message, or `null` for anything that is not one: any page of the origin can post anything. */
export function toBrokerMessage(data: unknown): BrokerMessage | null {
  if (typeof data !== 'object' || data === null || !('kind' in data)) return null;
  if (data.kind === 'skip-waiting') return { kind: 'skip-waiting' };
  if (!('requestId' in data) || typeof data.requestId !== 'string') return null;
  const { requestId } = data;
  switch (data.kind) {
    case 'engine-wanted':
      return { kind: data.kind, requestId, ...aliveLockOf(data) };
    case 'engine-port-wanted': {
      const isScript = 'origin' in data && data.origin === 'script';
      const origin = isScript ? ({ origin: 'script' } as const) : {};
      return { kind: data.kind, requestId, ...aliveLockOf(data), ...origin };
    }
    case 'engine-port':
      return 'port' in data && data.port instanceof MessagePort
        ? { kind: 'engine-port', requestId, port: data.port }
        : null;
    case 'engine-failed': {
      const error = 'error' in data ? toStartFailure(data.error) : null;
      return error && { kind: 'engine-failed', requestId, error };
    }
    default:
      return null;
  }
}

function aliveLockOf(data: object): { readonly aliveLock?: string } {
  if (!('aliveLock' in data) || typeof data.aliveLock !== 'string') return {};
  return { aliveLock: data.aliveLock };
}

function toStartFailure(data: unknown): RillError | null {
  if (typeof data !== 'object' || data === null) return null;
  if (!('message' in data) || typeof data.message !== 'string' || data.message === '') return null;
  const sent = 'kind' in data ? data.kind : null;
  const kind = START_FAILURES.find((known) => known === sent) ?? 'unexpected';
  return { kind, message: data.message.slice(0, MAX_REASON_LENGTH) };
}
