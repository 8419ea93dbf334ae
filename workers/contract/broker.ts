/**
 * How a context that does not run the engine gets a port to it. Only the page that holds the Web Lock `rill-engine`
 * runs an engine; the service worker is the one place that can reach every page, so it passes the ports on.
 *
 *   asker (another tab)  --engine-wanted-->  service worker  --engine-port-wanted--> every page
 *   leading page         --engine-port (a fresh MessagePort)-->  service worker  --engine-port-->  asker
 *
 * Pages that do not lead stay silent. A port is good until its leader goes; the next leader says `leader-changed` on
 * the BroadcastChannel, and everyone asks again.
 */
export const ENGINE_LOCK = 'rill-engine';
export const LEADER_CHANNEL = 'rill-leader';

export type BrokerMessage =
  | { readonly kind: 'engine-wanted'; readonly requestId: string; readonly aliveLock?: string }
  | { readonly kind: 'engine-port-wanted'; readonly requestId: string; readonly aliveLock?: string }
  | { readonly kind: 'engine-port'; readonly requestId: string; readonly port: MessagePort }
  | { readonly kind: 'skip-waiting' };

export type LeaderMessage = { readonly kind: 'leader-changed' };

/** Returns the message, or `null` for anything that is not one: any page of the origin can post anything. */
export function toBrokerMessage(data: unknown): BrokerMessage | null {
  if (typeof data !== 'object' || data === null || !('kind' in data)) return null;
  if (data.kind === 'skip-waiting') return { kind: 'skip-waiting' };
  if (!('requestId' in data) || typeof data.requestId !== 'string') return null;
  const { requestId } = data;
  switch (data.kind) {
    case 'engine-wanted':
    case 'engine-port-wanted':
      return 'aliveLock' in data && typeof data.aliveLock === 'string'
        ? { kind: data.kind, requestId, aliveLock: data.aliveLock }
        : { kind: data.kind, requestId };
    case 'engine-port':
      return 'port' in data && data.port instanceof MessagePort
        ? { kind: 'engine-port', requestId, port: data.port }
        : null;
    default:
      return null;
  }
}
