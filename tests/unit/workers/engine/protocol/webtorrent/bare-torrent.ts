/**
 * Stands in for webtorrent's Torrent, which does not load in Node: the list of peers and wires that RillTorrent builds on, and
 * nothing else. That webtorrent has these members is for tests/browser/…/webtorrent-shape.test.ts to say.
 */
import { EventEmitter } from 'node:events';
import Wire from 'bittorrent-protocol';

interface OwnWire extends Wire {
  handshake(infoHash: string, peerId: string, extensions: { readonly fast: boolean }): void;
}

export class BareTorrent extends EventEmitter {
  infoHash = '';
  destroyed = false;
  ready = false;
  paused = false;
  wires: Wire[] = [];
  readonly _peers = new Map<string, { destroy(): void }>();

  constructor(_id: null, _client: object, _options: object) {
    super();
  }

  removePeer(id: string): void {
    const peer = this._peers.get(id);
    this._peers.delete(id);
    peer?.destroy();
  }

  destroy(_options: object, callback: () => void): void {
    this.destroyed = true;
    for (const id of [...this._peers.keys()]) this.removePeer(id);
    this.emit('close');
    callback();
  }
}

/** An end of a connection: a wire of its own kind, that says who it is as soon as it is connected. */
export function newWire(): OwnWire {
  return new (Wire as unknown as new (type: string) => OwnWire)('webrtc');
}

/** Bytes arrive as copies of their own, as a data channel's do; the end of one wire is the end of the other. */
export function connect(a: Wire, b: Wire): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.on('data', (bytes: Uint8Array) => {
      if (!to.destroying && !to.destroyed) to.write(bytes.slice());
    });
    from.on('end', () => to.destroy());
    from.on('error', () => undefined);
  }
}
