/**
 * Why no peer can be reached, in words for a person: pure. Single failures are everyday life (the other tab was closed); only
 * many in a row with nothing that works say something about this side.
 *
 * Invariant: nothing is said while any of the outcomes looked at is a success.
 */
import type { RtcConfig, RtcFailure } from '../../contract/rtc.ts';

/** So many tries must have failed, with no success among the last of them. */
export const MIN_FAILURES = 4;
/** How many outcomes are looked at. */
export const WINDOW = 20;

/** Kinds of addresses that a description names (RFC 8839 `typ`). */
export interface CandidateKinds {
  readonly host: boolean;
  /** Of a STUN server: how the network's own router is seen from outside. */
  readonly reflexive: boolean;
  /** Of a TURN server. */
  readonly relay: boolean;
}

/** How a connection that was tried came out. What only the peer is to blame for is no outcome. */
export type Outcome =
  | { readonly kind: 'connected' }
  /** `timed-out`: neither connected nor failed for too long. `own`: what this side had to offer. */
  | {
      readonly kind: Exclude<RtcFailure, 'bad-description' | 'lost' | 'closed'> | 'timed-out';
      readonly own: CandidateKinds;
    };

export function candidateKinds(sdp: string): CandidateKinds {
  const has = (kind: string) => new RegExp(`^a=candidate:.* typ ${kind}\\b`, 'm').test(sdp);
  return { host: has('host'), reflexive: has('srflx'), relay: has('relay') };
}

/** `outcomes`: oldest first. `null` when something works, or too little was tried to tell. */
export function diagnoseIce(outcomes: readonly Outcome[], config: RtcConfig): string | null {
  const servers = config.iceServers.flatMap(({ urls }) => urls);
  const hasTurn = servers.some((url) => /^turns?:/i.test(url));
  const hasStun = servers.some((url) => /^stuns?:/i.test(url));
  if (config.relayOnly && !hasTurn) {
    return 'Only relays may be used and no TURN server is set, so no peer can be reached. Add one in the settings, or allow direct connections.';
  }
  const failed = outcomes.slice(-WINDOW).filter((outcome) => outcome.kind !== 'connected');
  if (failed.length < Math.min(outcomes.length, WINDOW) || failed.length < MIN_FAILURES) {
    return null;
  }
  // That nothing came back in time and that the browser gave up before that is the same thing.
  const most = mostFrequent(
    failed.map(({ kind }) => (kind === 'timed-out' ? 'checks-failed' : kind)),
  );
  const own = failed.at(-1)!.own;
  switch (most) {
    case 'no-relay':
      return 'Only relays may be used, and no TURN server gave an address: it is not reachable, or refuses the user name and credential. Check it in the settings, or allow direct connections.';
    case 'no-candidates':
      return 'This browser gives no network address for connections to peers. You may be offline, or a browser setting, an extension or a VPN switches WebRTC off.';
    case 'too-many':
      return 'The browser makes no more connections at the moment. Rill waits and tries again by itself; fewer connections in the settings, or closing other tabs, help.';
    case 'dtls-failed':
      return 'Peers are reached, but an encrypted connection does not come about. Something in the network, such as a VPN or a proxy, may be changing or dropping its packets.';
    case 'bad-servers':
      return 'The browser does not take the addresses of the STUN and TURN servers. Check them in the settings.';
    default:
      return noWayThrough(failed.length, { hasStun, hasTurn, relayOnly: config.relayOnly }, own);
  }
}

function noWayThrough(
  tries: number,
  { hasStun, hasTurn, relayOnly }: { hasStun: boolean; hasTurn: boolean; relayOnly: boolean },
  own: CandidateKinds,
): string {
  const tried = `${tries} peers were tried and none could be reached.`;
  if (relayOnly) {
    return `${tried} The TURN server gives an address, but nothing comes through it to them.`;
  }
  if (hasTurn && !own.relay) {
    return `${tried} Your TURN server gives no address: it is not reachable, or refuses the user name and credential.`;
  }
  if (own.relay) return `${tried} Not even through your TURN server: they may be gone.`;
  if (!hasStun && !own.reflexive) {
    return `${tried} No STUN server is set, so only peers of your own network find a way here. Add one in the settings.`;
  }
  if (!own.reflexive) {
    return `${tried} No STUN server answers: this network seems to block UDP. A TURN server, best a turns: one on port 443, would get through; add one in the settings.`;
  }
  return `${tried} A router or firewall on the way seems to let no direct connection through. A TURN server would help; add one in the settings.`;
}

function mostFrequent<Kind>(kinds: readonly Kind[]): Kind | undefined {
  const counts = new Map<Kind, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}
