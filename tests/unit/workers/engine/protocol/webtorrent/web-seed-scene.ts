/** A real torrent whose web seeds are real HTTP servers on loopback, on a clock that the test moves. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Bitfield } from '../../../../../../workers/engine/model/bitfield.ts';
import { PieceMap } from '../../../../../../workers/engine/model/piece-map.ts';
import type { DownloadPlan } from '../../../../../../workers/engine/model/swarm.ts';
import { BanList } from '../../../../../../workers/engine/protocol/ban-list.ts';
import { InFlightLimits } from '../../../../../../workers/engine/protocol/in-flight-limits.ts';
import { RateLimits } from '../../../../../../workers/engine/protocol/rate-limits.ts';
import { RillClient } from '../../../../../../workers/engine/protocol/webtorrent/client.ts';
import { RillTorrent } from '../../../../../../workers/engine/protocol/webtorrent/torrent.ts';
import type { WireSession } from '../../../../../../workers/engine/protocol/webtorrent/wire-session.ts';
import { readTorrentFile } from '../../../../../../workers/engine/readers/torrent-file.ts';
import { fakeDeps } from '../../../../../support/fake-clock.ts';
import { FakeChunkStore, FakeStorage } from '../../../../../support/fake-storage.ts';
import type { MadeTorrent } from '../../../../../support/torrents.ts';

export interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** The first byte and the one after the last. */
  readonly start: number;
  readonly end: number;
  readonly response: ServerResponse;
  /** The page has hung up, or the answer is over. */
  isOver: boolean;
}

/** What a server does with a request; `file` is what lies at its path. */
export type Answer = (asked: Asked, file: Uint8Array) => void;

/** A server that does as it should. */
export const give: Answer = ({ start, end, response }, file) => {
  response.writeHead(206, {
    'Content-Length': end - start,
    'Content-Range': `bytes ${start}-${end - 1}/${file.length}`,
  });
  response.end(file.subarray(start, end));
};

export class SeedServer {
  readonly asked: Asked[] = [];
  mostAtOnce = 0;
  #open = 0;

  private constructor(
    readonly server: Server,
    public answer: Answer,
  ) {}

  static async start(made: MadeTorrent, answer: Answer = give): Promise<SeedServer> {
    const server = createServer((request, response) => seed.#take(made, request, response));
    const seed = new SeedServer(server, answer);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return seed;
  }

  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `http://${this.host}/`;
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => {
      this.server.close(() => resolve());
    });
  }

  #take(made: MadeTorrent, request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent(request.url ?? '');
    const file = made.files.find((one) => path.endsWith(`/${one.path}`))?.bytes;
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const asked: Asked = {
      path,
      headers: request.headers,
      start: Number(first),
      end: Number(last) + 1,
      response,
      isOver: false,
    };
    this.asked.push(asked);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#open);
    response.once('close', () => {
      this.#open--;
      asked.isOver = true;
    });
    if (file) this.answer(asked, file);
    else response.writeHead(404).end();
  }
}

export class WebSeedScene {
  readonly deps = fakeDeps(0);
  readonly warnings: string[] = [];
  readonly failures: number[] = [];
  readonly storage = new FakeStorage();
  readonly torrent: RillTorrent;
  readonly #ends: (() => Promise<void>)[] = [];

  private constructor(
    readonly made: MadeTorrent,
    readonly plan: DownloadPlan,
  ) {
    this.torrent = new RillTorrent(made.infoHash, new RillClient(), {
      events: {
        metadata: () => undefined,
        piece: () => undefined,
        hashFailure: (index) => this.failures.push(index),
        storageFailed: (error) => this.warnings.push(error.message),
        warning: (message) => this.warnings.push(message),
      },
      limits: new InFlightLimits(20),
      rates: new RateLimits(this.deps.clock).join(),
      bans: new BanList(() => this.deps.clock.now()),
      uploadSlots: () => 4,
      deps: this.deps,
      onPeersChanged: () => undefined,
      onPeersDead: () => undefined,
    });
  }

  static async enter(made: MadeTorrent): Promise<WebSeedScene> {
    const read = await readTorrentFile(made.torrentBytes);
    if (!read.ok) throw new Error(read.error.message);
    const { meta } = read.value;
    const map = new PieceMap(meta.lengthBytes, meta.pieceLength);
    const store = new CopyingStore(meta.infoHash, map, new FakeStorage());
    const scene = new WebSeedScene(made, { meta, map, have: new Bitfield(map.pieceCount), store });
    const wanted = new Bitfield(map.pieceCount);
    for (let i = 0; i < map.pieceCount; i++) wanted.set(i);
    scene.torrent.begin(scene.plan, wanted);
    return scene;
  }

  /** Adds a server of the torrent's files as a web seed. */
  async seed(answer?: Answer): Promise<SeedServer> {
    const server = await SeedServer.start(this.made, answer);
    this.#ends.push(() => server.close());
    this.torrent.webSeeds.add([server.url]);
    this.torrent.webSeeds.open(this.plan.meta);
    return server;
  }

  get session(): WireSession {
    return [...this.torrent.sessions][0]!;
  }

  get isComplete(): boolean {
    return this.plan.have.isFull;
  }

  /** Every piece that we claim is stored as it should be. */
  async isContentTrue(): Promise<boolean> {
    const { map, have, store } = this.plan;
    for (let i = 0; i < map.pieceCount; i++) {
      if (!have.has(i)) continue;
      const length = map.pieceLengthOf(i);
      const stored = await store.read(i as never, 0, length);
      const at = i * map.pieceLength;
      if (Buffer.compare(stored, this.made.content.subarray(at, at + length)) !== 0) return false;
    }
    return true;
  }

  /** Waits for what takes as long as the network takes; the clock stands still but for what is due at once. */
  async until(isSo: () => boolean, what: string): Promise<void> {
    const deadline = performance.now() + 8_000;
    while (!isSo()) {
      if (performance.now() > deadline) throw new Error(`${what} never came`);
      this.deps.clock.advance(0);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Lets whatever is on its way arrive. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 50; turn++) {
      this.deps.clock.advance(0);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async end(): Promise<void> {
    await new Promise<void>((resolve) => this.torrent.destroy({}, resolve));
    for (const end of this.#ends) await end();
  }
}

class CopyingStore extends FakeChunkStore {
  /** The torrent uses its buffers again once a piece is stored. */
  override write(index: number, bytes: Uint8Array): Promise<void> {
    return super.write(index, bytes.slice());
  }
}
