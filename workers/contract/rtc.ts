/**
 * The page owns every RTCPeerConnection (the interface is window-only) and hands each data channel to the engine
 * worker in the task that creates it. Where a channel cannot be transferred the page pumps its messages with credits.
 * Signalling is not trickled: an offer or answer is sent once its candidates are gathered.
 */
export interface RtcConfig {
  readonly stunServers: readonly string[];
}

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
  | { readonly kind: 'pump-open'; readonly id: number }
  | { readonly kind: 'pump-data'; readonly id: number; readonly bytes: ArrayBuffer }
  /** That many bytes of `pump-send` have left the channel's own buffer: the worker may send as many again. */
  | { readonly kind: 'pump-drained'; readonly id: number; readonly bytes: number }
  | { readonly kind: 'closed'; readonly id: number; readonly reason: string };

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
  const { kind, id, type, sdp, bytes, reason, channel } = data;
  if (kind === 'pump-open') return { kind, id };
  if (kind === 'channel' && typeof channel === 'object' && channel !== null) {
    return { kind, id, channel: channel as RTCDataChannel };
  }
  if (kind === 'pump-data' && bytes instanceof ArrayBuffer) return { kind, id, bytes };
  if (kind === 'pump-drained' && typeof bytes === 'number') return { kind, id, bytes };
  if (kind === 'closed' && typeof reason === 'string') return { kind, id, reason };
  const isSdp = kind === 'sdp' && (type === 'offer' || type === 'answer');
  return isSdp && typeof sdp === 'string' ? { kind, id, type, sdp } : null;
}

function hasId(data: unknown): data is Record<string, unknown> & { readonly id: number } {
  return typeof data === 'object' && data !== null && 'id' in data && Number.isSafeInteger(data.id);
}

function isConfig(value: unknown): value is RtcConfig {
  if (typeof value !== 'object' || value === null || !('stunServers' in value)) return false;
  const { stunServers } = value;
  return Array.isArray(stunServers) && stunServers.every((url) => typeof url === 'string');
}
