/**
 * The page owns every RTCPeerConnection (the interface is window-only) and hands each data channel to the engine
 * worker in the task that creates it. Where a channel cannot be transferred the page pumps its messages with credits.
 * Signalling is not trickled: an offer or answer is sent once its candidates are gathered.
 */
export interface IceServer {
  /** `stun:` (RFC 7064) or `turn:`, `turns:` (RFC 7065) URLs. */
  readonly urls: readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

export interface RtcConfig {
  readonly iceServers: readonly IceServer[];
  /** Only candidates of TURN servers are used: peers never learn this browser's own addresses. */
  readonly relayOnly: boolean;
}

const FAILURES = [
  'no-candidates',
  'no-relay',
  'too-many',
  'bad-servers',
  'bad-description',
  'checks-failed',
  'dtls-failed',
  'lost',
  'closed',
] as const;

/**
 * Why a connection ended, as far as the page knows. `no-candidates`: gathering found no address at all; `no-relay`: none of a
 * TURN server, and only those may be used; `too-many`: the browser makes no more; `bad-servers`: it takes the ICE
 * servers for nonsense; `bad-description`: the SDP of the peer; `checks-failed`: no pair of candidates got through; `dtls-failed`: one did, and encryption did not come about;
 * `lost`: it was connected and is not any more; `closed`: at the other end.
 */
export type RtcFailure = (typeof FAILURES)[number];

/** Engine worker → page. `id` is chosen by the worker, unique for the life of the port. */
export type RtcCommand =
  | { readonly kind: 'offer'; readonly id: number; readonly config: RtcConfig }
  | {
      readonly kind: 'answer';
      readonly id: number;
      readonly config: RtcConfig;
      readonly sdp: string;
    }
  | { readonly kind: 'accept'; readonly id: number; readonly sdp: string }
  | { readonly kind: 'close'; readonly id: number }
  | { readonly kind: 'pump-send'; readonly id: number; readonly bytes: ArrayBuffer };

/** Page → engine worker. */
export type RtcEvent =
  | {
      readonly kind: 'sdp';
      readonly id: number;
      readonly type: 'offer' | 'answer';
      readonly sdp: string;
    }
  | { readonly kind: 'channel'; readonly id: number; readonly channel: RTCDataChannel }
  /** Its address is the remote one of the pair that was chosen; `null` where the browser does not tell. */
  | {
      readonly kind: 'connected';
      readonly id: number;
      readonly address: string | null;
      readonly port: number | null;
    }
  /** It does not answer at the moment: it comes back (`connected` again) or fails. */
  | { readonly kind: 'disconnected'; readonly id: number }
  | { readonly kind: 'pump-open'; readonly id: number }
  | { readonly kind: 'pump-data'; readonly id: number; readonly bytes: ArrayBuffer }
  /** That many bytes of `pump-send` have left the channel's own buffer: the worker may send as many again. */
  | { readonly kind: 'pump-drained'; readonly id: number; readonly bytes: number }
  | {
      readonly kind: 'closed';
      readonly id: number;
      readonly failure: RtcFailure;
      /** In the browser's words; for the log. */
      readonly reason: string;
    };

/** In pump mode at most this many bytes may wait on the page for one channel. */
export const PUMP_CREDIT_BYTES = 1024 * 1024;

/** Returns the command, or `null` for anything that is not one. */
export function toRtcCommand(data: unknown): RtcCommand | null {
  if (!hasId(data)) return null;
  const { kind, id } = data;
  if (kind === 'close') return { kind, id };
  if (kind === 'pump-send' && data['bytes'] instanceof ArrayBuffer) {
    return { kind, id, bytes: data['bytes'] };
  }
  const { config, sdp } = data;
  if (kind === 'offer' && isConfig(config)) return { kind, id, config };
  if (typeof sdp !== 'string') return null;
  if (kind === 'answer' && isConfig(config)) return { kind, id, config, sdp };
  return kind === 'accept' ? { kind, id, sdp } : null;
}

/** Returns the event, or `null` for anything that is not one. */
export function toRtcEvent(data: unknown): RtcEvent | null {
  if (!hasId(data)) return null;
  const { kind, id, type, sdp, bytes, reason, failure, channel, address, port } = data;
  if (kind === 'pump-open' || kind === 'disconnected') return { kind, id };
  if (kind === 'connected' && isNullOr('string', address) && isNullOr('number', port)) {
    return { kind, id, address, port };
  }
  if (kind === 'channel' && typeof channel === 'object' && channel !== null) {
    return { kind, id, channel: channel as RTCDataChannel };
  }
  if (kind === 'pump-data' && bytes instanceof ArrayBuffer) return { kind, id, bytes };
  if (kind === 'pump-drained' && typeof bytes === 'number') return { kind, id, bytes };
  if (kind === 'closed' && isFailure(failure) && typeof reason === 'string') {
    return { kind, id, failure, reason };
  }
  const isSdp = kind === 'sdp' && (type === 'offer' || type === 'answer');
  return isSdp && typeof sdp === 'string' ? { kind, id, type, sdp } : null;
}

function hasId(data: unknown): data is Record<string, unknown> & { readonly id: number } {
  return typeof data === 'object' && data !== null && 'id' in data && Number.isSafeInteger(data.id);
}

function isFailure(value: unknown): value is RtcFailure {
  return (FAILURES as readonly unknown[]).includes(value);
}

interface Primitives {
  readonly string: string;
  readonly number: number;
}

function isNullOr<Type extends keyof Primitives>(
  type: Type,
  value: unknown,
): value is Primitives[Type] | null {
  return value === null || typeof value === type;
}

function isConfig(value: unknown): value is RtcConfig {
  if (typeof value !== 'object' || value === null) return false;
  const { iceServers, relayOnly } = value as Record<string, unknown>;
  return typeof relayOnly === 'boolean' && Array.isArray(iceServers) && iceServers.every(isServer);
}

function isServer(value: unknown): value is IceServer {
  if (typeof value !== 'object' || value === null) return false;
  const { urls, username, credential } = value as Record<string, unknown>;
  return (
    Array.isArray(urls) &&
    urls.every((url) => typeof url === 'string') &&
    [username, credential].every((text) => text === undefined || typeof text === 'string')
  );
}
