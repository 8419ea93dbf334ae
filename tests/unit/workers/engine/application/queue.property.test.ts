/**
 * A library on which a person does one thing after the other, at random, while torrents complete, stall and the engine starts
 * anew: limits hold, no torrent is lost, none is in the swarm twice, nobody waits beside a free place, and each has its turn.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TorrentDetail } from '../../../../../workers/contract/snapshot.ts';
import { REST_MS } from '../../../../../workers/engine/application/queue.ts';
import { SEED_TURN_MS } from '../../../../../workers/engine/application/stall.ts';
import type { JoinSpec, SwarmEvents } from '../../../../../workers/engine/model/swarm.ts';
import { settled, until } from '../../../../support/fake-clock.ts';
import { emptyDisk, type Disk } from '../../../../support/fake-storage.ts';
import { FakeSwarm, type FakeMember } from '../../../../support/fake-swarm.ts';
import { makeTorrent } from '../../../../support/torrents.ts';
import { Scene } from './session-scene.ts';

const COUNT = 6;
/** Two pieces each; the last two are known by their links alone. */
const torrents = Array.from({ length: COUNT }, (_, index) =>
  makeTorrent({ name: `${index}.mp4`, files: 2 * 16_384, seed: index }),
);
const sources = torrents.map((torrent, index) =>
  index < COUNT - 2
    ? ({ kind: 'torrent-file', bytes: torrent.torrentBytes } as const)
    : ({ kind: 'text', text: torrent.magnet() } as const),
);

/** After this a torrent counts as read no more, and the queue has looked. */
const GRACE_MS = 40_000;
/** `cooldownS.timeout` and the others. */
const LONGEST_COOLDOWN_MS = 600_000;

const which = fc.nat(COUNT - 1);
const act = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      which,
      priority: fc.constantFrom('high' as const, 'normal' as const, 'low' as const),
      paused: fc.boolean(),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'pause' as const,
        'resume' as const,
        'remove' as const,
        'arrive' as const,
        'complete' as const,
        'find' as const,
        'read' as const,
        'stop reading' as const,
        'fail' as const,
      ),
      which,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('move' as const),
      which,
      to: fc.constantFrom('top' as const, 'up' as const, 'down' as const, 'bottom' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('force' as const), which, isForced: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('limit' as const),
      maxActiveDownloads: fc.integer({ min: 1, max: 3 }),
      maxActiveSeeds: fc.integer({ min: 1, max: 3 }),
      maxActiveMetadata: fc.integer({ min: 1, max: 2 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('stall' as const),
      ms: fc.constantFrom(1_000, 40_000, 70_000, 700_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
);
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

/** Counts at every join who else is there. */
class WatchedSwarm extends FakeSwarm {
  override join(spec: JoinSpec, events: SwarmEvents): FakeMember {
    const other = this.members.find((one) => one.infoHash === spec.infoHash && !one.hasLeft);
    if (other) throw new Error(`${spec.infoHash} is joined twice`);
    return super.join(spec, events);
  }
}

class Library {
  readonly disk: Disk = emptyDisk();
  /** Streams that are open. */
  readonly readers = new Map<number, MessagePort[]>();
  scene!: Scene;
  /** What a person has in the library, and whether it is paused. */
  readonly expected = new Map<number, { isPaused: boolean }>();

  async start(): Promise<void> {
    this.scene = await Scene.start(this.disk, [], { swarm: new WatchedSwarm() });
    await this.settle();
  }

  member(index: number): FakeMember | undefined {
    const member = this.scene.swarm.member(torrents[index]!.infoHash);
    return member?.hasLeft ? undefined : member;
  }

  details(): readonly TorrentDetail[] {
    return this.scene.session.torrents();
  }

  async settle(): Promise<void> {
    await settled();
    await until(() => this.details().every(({ check }) => check === null), 'the end of the checks');
    await settled();
  }

  async pass(ms: number): Promise<void> {
    this.scene.deps.clock.advance(ms);
    await settled();
  }

  async act(it: Act): Promise<void> {
    const { session } = this.scene;
    const hash = 'which' in it ? torrents[it.which]!.infoHash : '';
    const known = 'which' in it ? this.expected.get(it.which) : undefined;
    switch (it.kind) {
      case 'add':
        if (!known) this.expected.set(it.which, { isPaused: it.paused });
        // Twice at once: one attempt.
        await Promise.all([
          session.add(sources[it.which]!, it),
          session.add(sources[it.which]!, it),
        ]);
        break;
      case 'pause':
      case 'resume':
        if (known) known.isPaused = it.kind === 'pause';
        // Nobody waits for the answer of one before the other.
        void session[it.kind === 'pause' ? 'resume' : 'pause'](hash);
        await session[it.kind](hash);
        break;
      case 'remove':
        this.expected.delete(it.which);
        await this.stopReading(it.which);
        await session.remove(hash, it.which % 2 ? 'keep' : 'delete');
        break;
      case 'arrive':
        await this.deliver(it.which, 1);
        break;
      case 'complete':
        await this.deliver(it.which, 2);
        break;
      case 'find':
        this.find(it.which);
        break;
      case 'read':
        await this.read(it.which);
        break;
      case 'stop reading':
        await this.stopReading(it.which);
        break;
      case 'fail':
        this.member(it.which)?.events.storageFailed(new Error('the disk is odd'));
        if (known && this.member(it.which)) known.isPaused = true;
        break;
      case 'move':
        await session.moveInQueue(hash, it.to);
        break;
      case 'force':
        await session.change(hash, { isForced: it.isForced });
        break;
      case 'limit': {
        const { kind: _, ...limits } = it;
        await session.changeSettings(limits);
        break;
      }
      case 'stall':
        await this.pass(it.ms);
        break;
      case 'restart':
        await session.checkpoint();
        for (const index of [...this.readers.keys()]) await this.stopReading(index);
        await this.start();
    }
    await this.settle();
  }

  /** Pieces come to whoever runs. */
  async deliver(index: number, pieces: number): Promise<void> {
    const member = this.member(index);
    if (!member?.plan || member.isPaused) return;
    const missing = [0, 1].filter((piece) => !member.plan!.have.has(piece));
    await member.deliver(torrents[index]!.content, ...missing.slice(0, pieces));
  }

  find(index: number): void {
    const member = this.member(index);
    if (member && !member.plan && !member.isPaused) {
      member.events.metadata(torrents[index]!.infoBytes);
    }
  }

  async read(index: number): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    const request = { infoHash: torrents[index]!.infoHash, fileIndex: 0, startByte: 0, endByte: 9 };
    const opened = await this.scene.session.openStream(request, port2);
    if (opened.ok) return void this.readers.set(index, [...(this.readers.get(index) ?? []), port1]);
    port1.close();
    await this.pass(GRACE_MS);
  }

  async stopReading(index: number): Promise<void> {
    const ports = this.readers.get(index) ?? [];
    this.readers.delete(index);
    for (const port of ports) {
      const closed = new Promise((resolve) => {
        port.addEventListener('close', resolve, { once: true });
      });
      port.start();
      port.postMessage({ kind: 'cancel' });
      await closed;
    }
    if (ports.length > 0) await this.pass(GRACE_MS);
  }

  isMoving(index: number): boolean {
    return this.member(index)?.isPaused === false;
  }

  check(): void {
    const details = this.details();
    const { maxActiveDownloads, maxActiveSeeds, maxActiveMetadata } = this.scene.session.settings();
    // No torrent is lost, here or on the disk, and none comes that nobody added.
    const hashes = [...this.expected.keys()].map((index) => torrents[index]!.infoHash).sort();
    expect(details.map(({ infoHash }) => infoHash).sort()).toEqual(hashes);
    expect([...this.disk.torrents.keys()].sort()).toEqual(hashes);
    // Who gave up rests, and is in no queue meanwhile.
    const resting = new Set(this.scene.session.cooling().map(({ infoHash }) => infoHash));
    const waiting: Record<string, number[]> = { metadata: [], download: [], seed: [] };
    const running: Record<string, number> = { metadata: 0, download: 0, seed: 0 };
    for (const [index, { isPaused }] of this.expected) {
      const detail = details.find(({ infoHash }) => infoHash === torrents[index]!.infoHash)!;
      const kind =
        detail.pieceCount === 0 ? 'metadata' : detail.progress === 1 ? 'seed' : 'download';
      expect(detail.state === 'paused').toBe(isPaused);
      // What is shown is what is done.
      expect(this.isMoving(index)).toBe(detail.state !== 'paused' && detail.state !== 'queued');
      const isResting = resting.has(detail.infoHash);
      expect(detail.queuePosition > 0).toBe(detail.state === 'queued' && !isResting);
      if (isResting) continue;
      if (detail.state === 'queued') waiting[kind]!.push(detail.queuePosition);
      else if (!isPaused && !detail.isForced && !this.readers.has(index)) running[kind]! += 1;
    }
    const limits: Record<string, number> = {
      metadata: maxActiveMetadata,
      download: maxActiveDownloads,
      seed: maxActiveSeeds,
    };
    for (const kind of Object.keys(limits)) {
      expect(running[kind]).toBeLessThanOrEqual(limits[kind]!);
      const places = waiting[kind]!.sort((a, b) => a - b);
      expect(places).toEqual(places.map((_, place) => place + 1));
      // Nobody waits beside a free place.
      if (places.length > 0) expect(running[kind]).toBe(limits[kind]);
    }
  }

  /** Nothing comes to anybody; returns the names of those that wait all the time. */
  async starve(ms: number): Promise<readonly string[]> {
    const waiting = new Set(
      [...this.expected].filter(([, { isPaused }]) => !isPaused).map(([index]) => index),
    );
    for (let passedMs = 0; passedMs < ms && waiting.size > 0; passedMs += 10_000) {
      await this.pass(10_000);
      for (const index of waiting) if (this.isMoving(index)) waiting.delete(index);
    }
    return [...waiting].map((index) => torrents[index]!.name);
  }
}

test('whatever a person does in whatever order, the queue keeps its word', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 40 }), async (acts) => {
      const library = new Library();
      await library.start();
      for (const it of acts) {
        await library.act(it);
        library.check();
      }
      for (const index of [...library.readers.keys()]) await library.stopReading(index);
      library.check();
      // Each of those that are dead has its turn, if all before it have theirs and a rest, and those that were forced do not count.
      expect(await library.starve(COUNT * (SEED_TURN_MS + REST_MS) + LONGEST_COOLDOWN_MS)).toEqual(
        [],
      );
      library.check();
    }),
    { numRuns: 40 },
  );
}, 60_000);
