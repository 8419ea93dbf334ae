/**
 * The contract with webtorrent's private side, both ways, found by looking and not by remembering: what our classes override,
 * what our sources name, and what the declarations promise must each be in the tables below, with its shape, and what is in the
 * tables must be there. Whoever overrides or touches something new names it here; an upgrade that moves something fails here.
 * How the moved parts behave is for tests/browser/…/webtorrent-shape.test.ts to say.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Wire from 'bittorrent-protocol';
import ltDontHave from 'lt_donthave';
import { Duplex } from 'streamx';
import WebTorrent from 'webtorrent';
import Torrent from 'webtorrent/lib/torrent.js';
import { expect, test } from 'vitest';
import { RtcConnection } from '../../../../../../workers/engine/protocol/rtc-peer/rtc-connection.ts';
import { RillClient } from '../../../../../../workers/engine/protocol/webtorrent/client.ts';
import { RillTorrent } from '../../../../../../workers/engine/protocol/webtorrent/torrent.ts';
import { WebSeed } from '../../../../../../workers/engine/protocol/webtorrent/web-seed.ts';

const PROTOCOL = fileURLToPath(
  new URL('../../../../../../workers/engine/protocol/', import.meta.url),
);
const installed = (path: string) =>
  fileURLToPath(new URL(`../../../../../../node_modules/${path}`, import.meta.url));

/** A shape is `typeof`, `array`, `map`, `null` or `undefined`; of a function also how many parameters it declares. */
type Shape = string;

/** What our subclasses put in the place of theirs: `ours.member` → the shape of theirs. */
const OVERRIDDEN: Record<string, Record<string, Shape>> = {
  RillTorrent: {
    _onWire: 'function/2',
    _registerPeer: 'function/1',
    _onWireWithMetadata: 'function/1',
    _rechoke: 'function/0',
    _update: 'function/0',
  },
  RillClient: {},
  WebSeed: { destroy: 'function/0' },
  RtcConnection: { _writev: 'function/2', _predestroy: 'function/0', _destroy: 'function/1' },
};

/** What is put on single wires in the place of their methods, or around them: `wire.member = …` in our sources. */
const WRAPPED: Record<string, Shape> = {
  _onBitField: 'function/1',
  _onExtended: 'function/2',
  _onHaveAll: 'function/0',
  _onHaveNone: 'function/0',
  _onChoke: 'function/0',
  _onMessage: 'function/1',
  _onMessageLength: 'function/1',
  _onPiece: 'function/3',
  _onReject: 'function/3',
  _onRequest: 'function/3',
  _write: 'function/2',
  _debug: 'function/0',
  _resetTimeout: 'function/1',
};

/** Everything that webtorrent.d.ts declares, on a fresh one of each. */
const DECLARED: Record<string, Record<string, Shape>> = {
  Duplex: {
    destroying: 'boolean',
    destroyed: 'boolean',
    on: 'function',
    once: 'function',
    removeListener: 'function',
    emit: 'function',
    push: 'function/1',
    write: 'function/1',
    destroy: 'function/1',
    _readableState: 'object',
    _writev: 'function/2',
    _destroy: 'function/1',
    _predestroy: 'function/0',
  },
  Wire: {
    handshake: 'function/3',
    peerId: 'null',
    type: 'string',
    amChoking: 'boolean',
    amInterested: 'boolean',
    peerChoking: 'boolean',
    peerInterested: 'boolean',
    peerPieces: 'object',
    requests: 'array',
    peerRequests: 'array',
    peerAllowedFastSet: 'array',
    extendedMapping: 'object',
    extendedHandshake: 'object',
    peerExtendedHandshake: 'object',
    hasFast: 'boolean',
    uploaded: 'number',
    downloaded: 'number',
    uploadSpeed: 'function',
    downloadSpeed: 'function',
    // Ours: the wire has it from nobody else since we choke by ourselves.
    isSeeder: 'undefined',
    lt_donthave: 'object',
    setKeepAlive: 'function/1',
    use: 'function/1',
    choke: 'function/0',
    unchoke: 'function/0',
    interested: 'function/0',
    uninterested: 'function/0',
    have: 'function/1',
    bitfield: 'function/1',
    haveAll: 'function/0',
    haveNone: 'function/0',
    request: 'function/4',
    cancel: 'function/3',
    extended: 'function/2',
    // Set once the handshake has gone out: LATER says where.
    _extendedHandshakeSent: 'undefined',
    _sendExtendedHandshake: 'function/0',
    _message: 'function/3',
    _buffer: 'array',
    _bufferSize: 'number',
    _parserSize: 'number',
    _parser: 'function',
    _parse: 'function/2',
    _onMessage: 'function/1',
    _onPiece: 'function/3',
    _write: 'function/2',
    _onMessageLength: 'function/1',
    _onBitField: 'function/1',
    _onHave: 'function/1',
    _debug: 'function/0',
    _resetTimeout: 'function/1',
    _onHaveAll: 'function/0',
    _onHaveNone: 'function/0',
    _onChoke: 'function/0',
    _onReject: 'function/3',
    _onRequest: 'function/3',
    _onExtended: 'function/2',
  },
  Torrent: {
    _registerPeer: 'function/1',
    client: 'object',
    infoHash: 'undefined',
    destroyed: 'boolean',
    ready: 'boolean',
    paused: 'boolean',
    done: 'boolean',
    metadata: 'null',
    private: 'undefined',
    wires: 'array',
    pieces: 'array',
    length: 'undefined',
    pieceLength: 'undefined',
    received: 'number',
    uploaded: 'number',
    store: 'null',
    bitfield: 'undefined',
    discovery: 'undefined',
    files: 'array',
    _peers: 'map',
    _downloadSpeed: 'function',
    _uploadSpeed: 'function',
    addPeer: 'function/2',
    addWebSeed: 'function/1',
    removePeer: 'function/1',
    destroy: 'function/2',
    _onWire: 'function/2',
    _onWireWithMetadata: 'function/1',
    _rechoke: 'function/0',
    _drain: 'function/0',
    _update: 'function/0',
    _updateWireInterest: 'function/1',
  },
  WebTorrent: {
    peerId: 'string',
    torrents: 'array',
    destroyed: 'boolean',
    destroy: 'function/1',
  },
  Emitter: { on: 'function', once: 'function', emit: 'function', setMaxListeners: 'function' },
};

/** What a fresh one has not, or what nothing here can bring about: the lines that make it. */
test.each([
  ['bittorrent-protocol/index.js', /this\._extendedHandshakeSent = true/],
  ['bittorrent-protocol/index.js', /this\[name\] = handler/],
  ['webtorrent/lib/torrent.js', /if \(this\.discovery\) \{/],
  ['webtorrent/lib/torrent.js', /this\.swarm|this\._peers\.set\(newPeer\.id, newPeer\)/],
  // A peer tells its swarm of a wire when the handshake has come, before ours goes out.
  ['webtorrent/lib/peer.js', /this\.swarm\._onWire\(this\.wire, addr\)/],
])('%s has %s', (path, line) => {
  expect(readFileSync(installed(path), 'utf8')).toMatch(line);
});

const client = new RillClient();
const torrent = new Torrent(null, client as WebTorrent, {});
const wire = new (Wire as new (type: string) => Wire)('webrtc');
wire.use(ltDontHave());
const fresh: Record<string, object> = {
  Duplex: new Duplex(),
  Wire: wire,
  Torrent: torrent,
  WebTorrent: client,
  Emitter: torrent,
};

test('whatever is declared is named here with its shape, and is so', () => {
  const declared = declarations(read('webtorrent/webtorrent.d.ts'));
  expect(sorted(declared)).toEqual(
    sorted(Object.entries(DECLARED).flatMap(([owner, members]) => names(owner, members))),
  );
  for (const [owner, members] of Object.entries(DECLARED)) {
    const shapes = Object.entries(members).map(([name, shape]) => [
      name,
      shapeOf(Reflect.get(fresh[owner]!, name), shape),
    ]);
    expect([owner, Object.fromEntries(shapes)]).toEqual([owner, members]);
  }
});

test('what our sources name of private members is declared, and so named here', () => {
  const known = new Set(Object.values(DECLARED).flatMap((members) => Object.keys(members)));
  const named = sources().flatMap(([path, text]) =>
    [...code(text).matchAll(/(?<![\w#$])_[a-zA-Z]\w*/g)].map(([name]) => ({ path, name })),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(({ name }) => !known.has(name))).toEqual([]);
});

test('nothing reaches past the declarations', () => {
  const reaching = sources().filter(([, text]) =>
    /Reflect\.(get|set)|\bas any\b|as unknown as|\[['"]_/.test(code(text)),
  );
  expect(reaching.map(([path]) => path)).toEqual([]);
});

const FAMILIES = [
  { ours: RillTorrent, theirs: Torrent, sample: torrent, source: 'webtorrent/torrent.ts' },
  { ours: RillClient, theirs: WebTorrent, sample: client, source: 'webtorrent/client.ts' },
  { ours: WebSeed, theirs: Wire, sample: wire, source: 'webtorrent/web-seed.ts' },
  {
    ours: RtcConnection,
    theirs: Duplex,
    sample: new Duplex(),
    source: 'rtc-peer/rtc-connection.ts',
  },
] as const;

test.each(FAMILIES.map((family) => [family.ours.name, family] as const))(
  '%s overrides what is named here and nothing else, by method or by field',
  (name, { ours, theirs, sample, source }) => {
    const own = Object.getOwnPropertyNames(ours.prototype).filter((one) => one !== 'constructor');
    const declared = members(read(source), name);
    expect(declared).toEqual(expect.arrayContaining(own));
    const overridden = new Set([
      ...own.filter((one) => one in theirs.prototype),
      ...declared.filter(
        (one) => one in theirs.prototype || (ours !== RillClient && one in sample),
      ),
    ]);
    const expected = OVERRIDDEN[name]!;
    expect([...overridden].toSorted()).toEqual(Object.keys(expected).toSorted());
    for (const [member, shape] of Object.entries(expected)) {
      const their = Reflect.get(theirs.prototype, member);
      expect([member, shapeOf(their, shape)]).toEqual([member, shape]);
      // Ours may ignore what comes last, not ask for more.
      const own = Reflect.get(ours.prototype, member) as () => void;
      expect(own.length).toBeLessThanOrEqual((their as () => void).length);
    }
  },
);

test('what is put around methods of a wire is named here, and is a method of its class', () => {
  const wrapped = sources().flatMap(([, text]) =>
    [...code(text).matchAll(/\bwire\.(_\w+) = (?!=)/g)].map(([, name]) => name!),
  );
  expect([...new Set(wrapped)].toSorted()).toEqual(
    [...Object.keys(WRAPPED), '_bufferSize'].toSorted(),
  );
  for (const [name, shape] of Object.entries(WRAPPED)) {
    // On the prototype: what is put on an instance comes before it.
    expect(Object.hasOwn(Wire.prototype, name)).toBe(true);
    expect([name, shapeOf(Reflect.get(Wire.prototype, name), shape)]).toEqual([name, shape]);
  }
});

test('what a Peer wants of its swarm and of its connection is what ours are', () => {
  const source = code(readFileSync(installed('webtorrent/lib/peer.js'), 'utf8'));
  const wanted = (of: string) =>
    [
      ...new Set(
        [...source.matchAll(new RegExp(`\\b${of}\\??\\.(\\w+)`, 'g'))].map(([, name]) => name!),
      ),
    ].toSorted();
  const ofSwarm = ['_onWire', 'client', 'destroyed', 'infoHash', 'infoHashHash', 'peerId'];
  expect(wanted('swarm')).toEqual([...ofSwarm, 'private', 'removePeer', 'wires'].toSorted());
  const ofConnection = ['connected', 'destroy', 'id', 'on', 'once', 'removeListener'];
  // Of sockets alone, and `unpipe` only where throttling is changed, which nobody does here.
  const ofOthers = ['remoteAddress', 'remotePort', 'unpipe'];
  expect(wanted('conn')).toEqual([...ofConnection, ...ofOthers].toSorted());
  const connection = new RtcConnection(1, () => undefined);
  connection.id = 'x';
  expect(ofConnection.filter((name) => !(name in connection))).toEqual([]);
});

test('a wire’s requests and its record of a peer’s pieces are as we read them', () => {
  const asked = new (Wire as new (type: string) => Wire)('webrtc');
  asked._onHave(3);
  // What is set is what the picker counts (peer-pieces.ts): once, before anybody hears of it.
  const told: unknown[] = [];
  const record = { buffer: new Uint8Array(1), get: (index: number) => index === 5 };
  const recorded = new (Wire as new (type: string) => Wire)('webrtc');
  recorded.peerPieces = { ...record, set: (...set) => void told.push(set) };
  recorded.on('have', (index: number) => told.push(index));
  recorded._onHave(5);
  recorded._onHave(6);
  expect(told).toEqual([[6, true], 6]);
  expect([asked.peerPieces.get(3), asked.peerPieces.get(4)]).toEqual([true, false]);
  expect(asked.peerPieces.buffer).toBeInstanceOf(Uint8Array);
  expect(asked.peerPieces.set).toBeTypeOf('function');
  Object.assign(asked, { peerChoking: false, amChoking: false });
  asked.request(1, 2, 3, () => undefined);
  expect(asked.requests).toEqual([expect.objectContaining({ piece: 1, offset: 2, length: 3 })]);
  asked._onRequest(4, 5, 6);
  expect(asked.peerRequests).toEqual([expect.objectContaining({ piece: 4, offset: 5, length: 6 })]);
  expect(asked._readableState.buffered).toBeTypeOf('number');
});

function shapeOf(value: unknown, as: Shape): Shape {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Map) return 'map';
  if (typeof value !== 'function' || !as.includes('/')) return typeof value;
  return `function/${value.length}`;
}

function read(path: string): string {
  return readFileSync(PROTOCOL + path, 'utf8');
}

/** Every source that may touch webtorrent or a wire of it, with its path. */
function sources(): [string, string][] {
  return ['webtorrent', 'rtc-peer'].flatMap((folder) =>
    readdirSync(PROTOCOL + folder)
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
      .map((name): [string, string] => [`${folder}/${name}`, read(`${folder}/${name}`)]),
  );
}

/** Without comments. */
function code(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

/** `Class.member` of each class that the declarations have; what is formatted by Prettier has members at four spaces. */
function declarations(text: string): string[] {
  const found = new Set<string>();
  let owner: string | null = null;
  for (const line of code(text).split('\n')) {
    owner = /^ {2}(?:export )?(?:default )?class (\w+)/.exec(line)?.[1] ?? owner;
    if (/^ {2}\}/.test(line)) owner = null;
    const member = /^ {4}(?:readonly )?(\w+)\??[(:]/.exec(line)?.[1];
    if (owner && member && member !== 'constructor') found.add(`${owner}.${member}`);
  }
  return [...found];
}

/** The members of a class in a source, but for its private ones: at two spaces. */
function members(text: string, name: string): string[] {
  const lines = code(text).split('\n');
  const start = lines.findIndex((line) => new RegExp(`^export class ${name}\\b`).test(line));
  const end = lines.indexOf('}', start);
  const found = lines.slice(start, end).flatMap((line) => {
    const member = /^ {2}(?:(?:override|readonly|async|get|set) )*(\w+)\??[(:=; <]/.exec(line);
    return member && member[1] !== 'constructor' ? [member[1]!] : [];
  });
  return [...new Set(found)];
}

function names(owner: string, of: Record<string, Shape>): string[] {
  return Object.keys(of).map((name) => `${owner}.${name}`);
}

function sorted(list: readonly string[]): string[] {
  return [...list].toSorted();
}
