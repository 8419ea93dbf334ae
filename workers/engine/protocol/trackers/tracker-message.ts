/**
 * What a WebSocket tracker may say to us, read strictly: JSON text in, one of five facts or a reason out. There is no BEP
 * for this protocol; ids are strings of 20 code points from 0 to 255 (FACTS.md, "Trackers and other clients").
 */
import { toInfoHash, type InfoHash } from '../../../contract/ids.ts';

/** A tracker's message is an SDP and a few numbers; ten times the largest seen is enough. */
export const MAX_MESSAGE_CHARS = 256 * 1024;
const MAX_SDP_CHARS = 64 * 1024;
export const MIN_INTERVAL_S = 30;
const MAX_INTERVAL_S = 3600;

/** What a scrape (BEP 48) says of one torrent; `null` when it does not say. */
export interface ScrapedSwarm {
  readonly infoHash: InfoHash;
  readonly seeds: number | null;
  readonly leechers: number | null;
}

export type TrackerMessage =
  | {
      readonly kind: 'announced';
      readonly infoHash: InfoHash;
      readonly intervalS: number;
      readonly seeds: number | null;
      readonly leechers: number | null;
    }
  | {
      readonly kind: 'offer' | 'answer';
      readonly infoHash: InfoHash;
      /** The remote peer id, as hex. */
      readonly peerId: string;
      readonly offerId: string;
      readonly sdp: string;
    }
  | { readonly kind: 'scraped'; readonly swarms: readonly ScrapedSwarm[] }
  | { readonly kind: 'failed'; readonly infoHash: InfoHash | null; readonly reason: string }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'garbage'; readonly reason: string };

export function readTrackerMessage(text: unknown): TrackerMessage {
  if (typeof text !== 'string') return { kind: 'garbage', reason: 'not text' };
  if (text.length > MAX_MESSAGE_CHARS) return { kind: 'garbage', reason: 'too long' };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { kind: 'garbage', reason: 'not JSON' };
  }
  if (typeof json !== 'object' || json === null)
    return { kind: 'garbage', reason: 'not an object' };
  const message = json as Record<string, unknown>;
  if (message['action'] === 'scrape') return readScraped(message);
  const infoHash = toInfoHash(binaryToHex(message['info_hash']));
  const failure = message['failure reason'];
  if (typeof failure === 'string') {
    return { kind: 'failed', infoHash, reason: failure.slice(0, 300) };
  }
  if (message['action'] !== 'announce') return { kind: 'garbage', reason: 'unknown action' };
  if (!infoHash) return { kind: 'garbage', reason: 'bad info_hash' };
  return readOfferOrAnswer(message, infoHash) ?? readAnnounced(message, infoHash);
}

function readOfferOrAnswer(
  message: Record<string, unknown>,
  infoHash: InfoHash,
): TrackerMessage | null {
  const kind = message['offer'] ? 'offer' : message['answer'] ? 'answer' : null;
  if (!kind) return null;
  const description = message[kind] as { type?: unknown; sdp?: unknown };
  const peerId = binaryToHex(message['peer_id']);
  const offerId = message['offer_id'];
  const sdp = description.sdp;
  if (!peerId || typeof offerId !== 'string' || offerId.length > 64) {
    return { kind: 'garbage', reason: `${kind} without ids` };
  }
  if (description.type !== kind || typeof sdp !== 'string' || sdp.length > MAX_SDP_CHARS) {
    return { kind: 'garbage', reason: `${kind} without a usable description` };
  }
  return { kind, infoHash, peerId, offerId, sdp };
}

function readAnnounced(message: Record<string, unknown>, infoHash: InfoHash): TrackerMessage {
  const interval = count(message['interval']) ?? count(message['min interval']);
  return {
    kind: 'announced',
    infoHash,
    intervalS: Math.min(MAX_INTERVAL_S, Math.max(MIN_INTERVAL_S, interval ?? 120)),
    seeds: count(message['complete']),
    leechers: count(message['incomplete']),
  };
}

/** A scrape that was refused says nothing about announces. */
function readScraped(message: Record<string, unknown>): TrackerMessage {
  if (typeof message['failure reason'] === 'string') return { kind: 'ignored' };
  const { files } = message;
  if (typeof files !== 'object' || files === null) {
    return { kind: 'garbage', reason: 'scrape without files' };
  }
  const swarms = Object.entries(files).flatMap(([key, counts]: [string, unknown]) => {
    const infoHash = toInfoHash(binaryToHex(key));
    if (!infoHash || typeof counts !== 'object' || counts === null) return [];
    const { complete, incomplete } = counts as { complete?: unknown; incomplete?: unknown };
    return [{ infoHash, seeds: count(complete), leechers: count(incomplete) }];
  });
  return { kind: 'scraped', swarms };
}

function count(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
    ? Math.floor(value)
    : null;
}

/** 20 code points from 0 to 255 → 40 hex digits, or `null`. */
export function binaryToHex(value: unknown): string | null {
  if (typeof value !== 'string' || value.length !== 20) return null;
  let hex = '';
  for (let i = 0; i < 20; i++) {
    const code = value.charCodeAt(i);
    if (code > 255) return null;
    hex += code.toString(16).padStart(2, '0');
  }
  return hex;
}

/** 40 hex digits → 20 code points from 0 to 255. */
export function hexToBinary(hex: string): string {
  let binary = '';
  for (let i = 0; i < hex.length; i += 2) {
    binary += String.fromCharCode(Number.parseInt(hex.slice(i, i + 2), 16));
  }
  return binary;
}
