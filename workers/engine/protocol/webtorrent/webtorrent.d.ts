/**
 * The part of webtorrent 3.0.21 and its wire that we build on, private members included: they are what an upgrade may
 * move, and tests/unit/workers/engine/protocol/webtorrent/webtorrent-contract.test.ts fails when it does, or when something
 * is declared here that it does not name.
 */
declare module 'streamx' {
  export class Duplex {
    constructor(options?: { highWaterMark?: number; byteLength?: (chunk: Uint8Array) => number });
    readonly destroying: boolean;
    readonly destroyed: boolean;
    on(event: string, listener: (...args: never[]) => void): this;
    once(event: string, listener: (...args: never[]) => void): this;
    removeListener(event: string, listener: (...args: never[]) => void): this;
    emit(event: string, ...args: unknown[]): boolean;
    push(data: Uint8Array | null): boolean;
    write(data: Uint8Array): boolean;
    destroy(error?: Error): void;
    /** Bytes that were pushed and nobody has read. */
    readonly _readableState: { readonly buffered: number };
    _writev(batch: Uint8Array[], callback: (error?: Error | null) => void): void;
    _destroy(callback: (error?: Error | null) => void): void;
    _predestroy(): void;
  }
  /** Each into the next; all of them end together. */
  export function pipeline(...streams: readonly Duplex[]): void;
}

declare module 'bittorrent-protocol' {
  import { Duplex } from 'streamx';

  export interface WireExtension {
    onHandshake?(infoHash: string, peerId: string): void;
    onExtendedHandshake?(handshake: Record<string, unknown>): void;
    onMessage?(bytes: Uint8Array): void;
  }
  export interface PeerPieces {
    readonly buffer: Uint8Array;
    get(index: number): boolean;
    set(index: number, value: boolean): void;
  }
  export interface OutgoingRequest {
    readonly piece: number;
    readonly offset: number;
    readonly length: number;
    readonly callback: (error: Error | null, bytes: Uint8Array | null) => void;
  }
  export default class Wire extends Duplex {
    peerId: string | null;
    readonly type: string;
    readonly amChoking: boolean;
    readonly amInterested: boolean;
    readonly peerChoking: boolean;
    readonly peerInterested: boolean;
    peerPieces: PeerPieces;
    readonly requests: OutgoingRequest[];
    readonly peerRequests: OutgoingRequest[];
    /** Pieces that the peer gives although it chokes us (BEP 6): the newest 100 it named. */
    readonly peerAllowedFastSet: number[];
    /** Our number for an extension → its name (BEP 10). */
    readonly extendedMapping: Readonly<Record<number, string>>;
    readonly extendedHandshake: Record<string, unknown>;
    readonly peerExtendedHandshake: Record<string, unknown>;
    readonly hasFast: boolean;
    readonly uploaded: number;
    downloaded: number;
    uploadSpeed(): number;
    downloadSpeed(): number;
    isSeeder?: boolean;
    /** There once the extension is in use. */
    readonly lt_donthave: {
      on(event: 'donthave', listener: (index: number) => void): void;
      donthave(index: number): void;
    };
    handshake(infoHash: string, peerId: string, extensions: { readonly fast: boolean }): void;
    setKeepAlive(enable: boolean): void;
    use(extension: new (wire: Wire) => WireExtension): void;
    choke(): void;
    unchoke(): void;
    interested(): void;
    uninterested(): void;
    have(index: number): void;
    bitfield(bitfield: Uint8Array): void;
    haveAll(): void;
    haveNone(): void;
    request(
      index: number,
      offset: number,
      length: number,
      callback: (error: Error | null, bytes: Uint8Array | null) => void,
    ): void;
    cancel(index: number, offset: number, length: number): void;
    extended(extension: string, message: object | Uint8Array): void;
    /** Ours has gone out. */
    readonly _extendedHandshakeSent?: boolean;
    _sendExtendedHandshake(): void;
    _message(id: number, numbers: readonly number[], data: Uint8Array | null): void;
    /** What to call with the next `size` bytes. */
    _buffer: Uint8Array[];
    _bufferSize: number;
    readonly _parserSize: number;
    readonly _parser: (bytes: Uint8Array) => void;
    _parse(size: number, parser: (bytes: Uint8Array) => void): void;
    _onMessage(bytes: Uint8Array): void;
    _onPiece(index: number, offset: number, payload: Uint8Array): void;
    _debug(...words: unknown[]): void;
    _resetTimeout(setAgain: boolean): void;
    _write(bytes: Uint8Array, callback: (error: Error | null) => void): void;
    _onMessageLength(bytes: Uint8Array): void;
    _onBitField(bytes: Uint8Array): void;
    _onHave(index: number): void;
    _onHaveAll(): void;
    _onHaveNone(): void;
    _onChoke(): void;
    _onReject(index: number, offset: number, length: number): void;
    _onRequest(index: number, offset: number, length: number): void;
    _onExtended(extension: number, bytes: Uint8Array): void;
  }
}

declare module 'webtorrent/lib/torrent.js' {
  import type Wire from 'bittorrent-protocol';
  import type { Duplex } from 'streamx';
  import type WebTorrent from 'webtorrent';
  class Emitter {
    on(event: string, listener: (...args: never[]) => void): this;
    once(event: string, listener: (...args: never[]) => void): this;
    emit(event: string, ...args: unknown[]): boolean;
    setMaxListeners(count: number): this;
  }
  /** webtorrent's Peer. */
  export interface SwarmPeer {
    readonly wire?: Wire | null;
    /** Our RtcConnection, or the WebConn of a web seed. */
    readonly conn?: { readonly remoteAddress?: string | null } | null;
    destroy(error?: Error): void;
  }
  /** `conn` and `wire` are there from `connect` on. */
  export interface TorrentPeer {
    readonly conn: Duplex;
    readonly wire: Wire;
    setThrottlePipes(): void;
    destroy(error?: Error): void;
  }
  export default class Torrent extends Emitter {
    constructor(id: null, client: WebTorrent, options: object);
    client: WebTorrent;
    infoHash: string;
    destroyed: boolean;
    ready: boolean;
    paused: boolean;
    done: boolean;
    metadata: Uint8Array | null;
    private: boolean;
    wires: Wire[];
    pieces: ArrayLike<unknown>;
    length: number;
    pieceLength: number;
    received: number;
    uploaded: number;
    store: unknown;
    bitfield: unknown;
    discovery: { destroy(callback: () => void): void; complete(): void } | null;
    files: unknown[];
    _peers: Map<string, SwarmPeer>;
    _registerPeer(peer: TorrentPeer): void;
    _downloadSpeed(bytes?: number): number;
    _uploadSpeed(bytes?: number): number;
    addPeer(peer: object, source?: string): boolean;
    addWebSeed(connection: Wire & { readonly connId: string }): void;
    removePeer(peer: string): void;
    destroy(options: object, callback: () => void): void;
    _onWire(wire: Wire, address?: string): void;
    _onWireWithMetadata(wire: Wire): void;
    _rechoke(): void;
    _drain(): void;
    _update(): void;
    _updateWireInterest(wire: Wire): void;
  }
}

declare module 'webtorrent' {
  import type Torrent from 'webtorrent/lib/torrent.js';
  class Emitter {
    on(event: string, listener: (...args: never[]) => void): this;
    once(event: string, listener: (...args: never[]) => void): this;
    emit(event: string, ...args: unknown[]): boolean;
    setMaxListeners(count: number): this;
  }
  export default class WebTorrent extends Emitter {
    constructor(options: object);
    readonly peerId: string;
    torrents: Torrent[];
    destroyed: boolean;
    destroy(callback: () => void): void;
  }
}

declare module 'lt_donthave' {
  import type Wire from 'bittorrent-protocol';
  import type { WireExtension } from 'bittorrent-protocol';
  export default function ltDontHave(): new (wire: Wire) => WireExtension;
}
