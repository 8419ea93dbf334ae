/**
 * The contract with webtorrent's private side: every member that webtorrent.d.ts declares and our subclasses override or
 * call is still there with the type we rely on. When an upgrade fails here, read what moved before anything is adapted.
 */
import '../../../../support/page-process.ts';
import '../../../../../workers/engine/protocol/webtorrent/polyfills.ts';
import Wire from 'bittorrent-protocol';
import ltDontHave from 'lt_donthave';
import type WebTorrent from 'webtorrent';
import clientSource from 'webtorrent/index.js?raw';
import peerSource from 'webtorrent/lib/peer.js?raw';
import Torrent from 'webtorrent/lib/torrent.js';
import torrentSource from 'webtorrent/lib/torrent.js?raw';
import { expect, test } from 'vitest';

// The client itself cannot be loaded here: the dev server's optimizer leaves out its conn-pool, which it reads at once.
const client = { torrents: [] } as unknown as WebTorrent;
const torrent = new Torrent(null, client, {});
const wire = new (Wire as new (type: string) => Wire)('webrtc');

/** What a member is: `typeof`, told apart further where we depend on it. */
function kindOf(value: unknown): string {
  if (value === null || Array.isArray(value)) return value === null ? 'null' : 'array';
  return value instanceof Map ? 'map' : typeof value;
}

function members(of: object, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, kindOf(Reflect.get(of, name))]));
}

const all = (kind: string, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, kind]));

/** name → number of declared parameters, for methods that we replace or wrap. */
const arity = (of: object, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, (Reflect.get(of, name) as () => void).length]));

const TORRENT_METHODS = [
  ...['addPeer', 'addWebSeed', 'removePeer', 'destroy', '_onWire', '_onWireWithMetadata'],
  ...['_rechoke', '_drain', '_update', '_updateWireInterest', '_registerPeer'],
];

test('Torrent has the methods we call and override, on its prototype', () => {
  expect(members(Torrent.prototype, TORRENT_METHODS)).toEqual(all('function', TORRENT_METHODS));
  const overridden = ['_onWire', '_onWireWithMetadata', '_rechoke', '_update', '_registerPeer'];
  expect(arity(Torrent.prototype, overridden)).toEqual({
    _onWire: 2,
    _onWireWithMetadata: 1,
    _rechoke: 0,
    _update: 0,
    _registerPeer: 1,
  });
});

test('a Peer joins its connection and its wire in a method that an instance may have of its own', () => {
  expect(peerSource).toMatch(/^ {4}this\.setThrottlePipes\(\)$/m);
  expect(peerSource).toMatch(/^ {2}setThrottlePipes \(\) \{$/m);
  expect(peerSource).toMatch(/^ {4}const wire = this\.wire = new Wire\(/m);
});

test('a Torrent made from nothing starts nothing and has the fields we set and read', () => {
  const kinds = {
    client: 'object',
    destroyed: 'boolean',
    ready: 'boolean',
    paused: 'boolean',
    done: 'boolean',
    metadata: 'null',
    wires: 'array',
    pieces: 'array',
    files: 'array',
    received: 'number',
    uploaded: 'number',
    store: 'null',
    _peers: 'map',
    _downloadSpeed: 'function',
    _uploadSpeed: 'function',
  };
  expect(members(torrent, Object.keys(kinds))).toEqual(kinds);
  expect([torrent.destroyed, torrent.ready, torrent.paused]).toEqual([false, false, false]);
  expect([torrent._downloadSpeed(), torrent._uploadSpeed()]).toEqual([0, 0]);
});

test.each([
  ['keeps a list of torrents that we may enter', /this\.torrents = \[\]/],
  ['has a peer id in hex', /this\.peerId = arr2hex\(/],
  ['has throttle groups that a Peer reads', /this\.throttleGroups = \{/],
  ['ends with a callback', /^ {2}destroy \(cb\) \{/m],
])('the client %s', (_, line) => {
  expect(clientSource).toMatch(line);
});

test('a Peer has its wire once it is connected, and takes it from the torrent when it ends', () => {
  expect(peerSource).toMatch(/^ {4}this\.wire = null$/m);
  expect(peerSource).toMatch(/const wire = this\.wire = new Wire\(/);
  expect(peerSource).toMatch(/arrayRemove\(swarm\.wires, swarm\.wires\.indexOf\(wire\)\)/);
});

test.each([
  ['keeps its wire, whose end is its own', /const wire = this\.wire = new Wire\(this\.type/],
  ['keeps the connection that it was made from', /^ {2}peer\.conn = conn$/m],
  ['names a web seed by its URL', /new Peer\(id, TYPE_WEBSEED, 0\)/],
])('a Peer %s', (_, line) => {
  expect(peerSource).toMatch(line);
});

const WIRE_METHODS = [
  ...['setKeepAlive', 'use', 'choke', 'unchoke', 'interested', 'uninterested'],
  ...['have', 'bitfield', 'haveAll', 'haveNone', 'request', 'cancel', 'extended', 'destroy'],
  ...['_parse', '_onMessageLength', '_onBitField', '_onHave', '_onRequest', '_onExtended'],
  ...['_onMessage', '_onPiece', '_onHaveAll', '_onHaveNone', '_onReject', '_message', '_write'],
  ...['_onChoke'],
];

test('Wire has the methods we call and wrap, on its prototype', () => {
  expect(members(Wire.prototype, WIRE_METHODS)).toEqual(all('function', WIRE_METHODS));
  const wrapped = [
    '_onMessageLength',
    '_onBitField',
    '_onHave',
    '_onRequest',
    '_onExtended',
    '_parse',
    '_onMessage',
    '_onPiece',
    '_onHaveAll',
    '_onHaveNone',
    '_onReject',
    '_onChoke',
    'cancel',
    '_message',
    '_write',
  ];
  expect(arity(Wire.prototype, wrapped)).toEqual({
    _onMessageLength: 1,
    _onBitField: 1,
    _onHave: 1,
    _onRequest: 3,
    _onExtended: 2,
    _parse: 2,
    _onMessage: 1,
    _onPiece: 3,
    _onHaveAll: 0,
    _onHaveNone: 0,
    _onReject: 3,
    _onChoke: 0,
    cancel: 3,
    _message: 3,
    _write: 2,
  });
});

test('a new Wire has the fields we read', () => {
  const kinds = {
    peerId: 'null',
    type: 'string',
    amChoking: 'boolean',
    amInterested: 'boolean',
    peerChoking: 'boolean',
    peerInterested: 'boolean',
    peerPieces: 'object',
    requests: 'array',
    peerRequests: 'array',
    extendedMapping: 'object',
    extendedHandshake: 'object',
    peerExtendedHandshake: 'object',
    hasFast: 'boolean',
    uploaded: 'number',
    downloaded: 'number',
    uploadSpeed: 'function',
    downloadSpeed: 'function',
    destroyed: 'boolean',
  };
  expect(members(wire, Object.keys(kinds))).toEqual(kinds);
  expect(members(wire.peerPieces, ['get', 'set', 'buffer'])).toEqual({
    get: 'function',
    set: 'function',
    buffer: 'object',
  });
  expect([wire.type, wire.amChoking, wire.peerChoking]).toEqual(['webrtc', true, true]);
  expect(wire._readableState.buffered).toBe(0);
});

test('what is put on an instance is what the parser calls', async () => {
  const guarded = new (Wire as new (type: string) => Wire)('webrtc');
  guarded.on('data', () => undefined);
  const lengths: number[] = [];
  const heard: string[] = [];
  const original = guarded._onMessageLength.bind(guarded);
  guarded.on('handshake', () => {
    guarded._onMessageLength = (bytes) => {
      lengths.push(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0));
      original(bytes);
    };
    guarded._onHave = (index) => heard.push(`have ${index}`);
  });
  const handshake = new Uint8Array(68);
  handshake.set(new TextEncoder().encode('\u0013BitTorrent protocol'));
  guarded.write(handshake);
  guarded.write(Uint8Array.of(0, 0, 0, 5, 4, 0, 0, 0, 9, 0, 0, 0, 1, 1));
  await new Promise<void>((resolve) => {
    guarded.once('unchoke', resolve);
  });
  expect(lengths).toEqual([5, 1]);
  expect(heard).toEqual(['have 9']);
});

test('lt_donthave hangs itself on the wire under its name', () => {
  wire.use(ltDontHave());
  expect(kindOf(Reflect.get(wire, 'lt_donthave'))).toBe('object');
  expect(kindOf(Reflect.get(Reflect.get(wire, 'lt_donthave') as object, 'on'))).toBe('function');
});

test('a connection with a connId is taken for a web seed', () => {
  expect(torrentSource).toContain("urlOrConn && typeof urlOrConn.connId === 'string'");
  expect(torrentSource).toContain('Peer.createWebSeedPeer(conn, id, this');
});

test('a wire whose far end chokes it is refused what it asked for, and may ask again when unchoked', async () => {
  const [near, far] = [new Wire(), new Wire()];
  near.on('data', (bytes: Uint8Array) => far.write(bytes));
  far.on('data', (bytes: Uint8Array) => near.write(bytes));
  far.once('handshake', () => far.handshake('0'.repeat(40), 'f'.repeat(40), { fast: true }));
  const unchoked = new Promise<void>((resolve) => near.once('unchoke', resolve));
  near.once('handshake', () => near.interested());
  far.once('interested', () => {
    far.haveAll();
    far.unchoke();
  });
  near.handshake('0'.repeat(40), 'e'.repeat(40), { fast: true });
  await unchoked;
  const answers: (string | undefined)[] = [];
  const refused = new Promise<void>((resolve) => {
    for (const offset of [0, 16_384]) {
      near.request(2, offset, 16_384, (error) => {
        if (answers.push(error?.message) === 2) resolve();
      });
    }
  });
  far.on('request', () => {
    if (far.peerRequests.length === 2) far.choke();
  });
  await refused;
  expect(answers).toEqual(['request was rejected', 'request was rejected']);
  expect([near.peerChoking, far.peerRequests.length]).toEqual([true, 0]);
});

test('a fresh Wire keeps what it has gathered, and what it waits for, where our receive buffer looks', () => {
  const wire = new Wire();
  expect(wire._buffer).toEqual([]);
  expect(wire._bufferSize).toBe(0);
  expect(wire._parserSize).toBe(1);
  expect(wire._parser).toBeTypeOf('function');
  const parser = () => undefined;
  wire._parse(7, parser);
  expect(wire._parserSize).toBe(7);
  expect(wire._parser).toBe(parser);
});
