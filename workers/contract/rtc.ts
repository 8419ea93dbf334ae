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
