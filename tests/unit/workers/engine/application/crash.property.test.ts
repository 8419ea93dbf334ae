/**
 * Downloads over a disk that is slow, fails and loses its power, at random: what a checkpoint claims is true whatever
 * happens, what was written down is never lost, and the download can always be brought to its end.
 */
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { pieceIndex } from '../../../../../workers/contract/ids.ts';
import { Session } from '../../../../../workers/engine/application/session.ts';
import { Bitfield } from '../../../../../workers/engine/model/bitfield.ts';
import { CrashDisk, CrashStorage } from '../../../../support/crash-disk.ts';
import { fakeDeps, settled, until } from '../../../../support/fake-clock.ts';
import { FakeSwarm, type FakeMember } from '../../../../support/fake-swarm.ts';
import { failing, slow, torn, type Fault } from '../../../../support/faulty-store.ts';
import { seededRandom, type Random } from '../../../../support/seeded-random.ts';
import { makeTorrent, sha1 } from '../../../../support/torrents.ts';

/** Extents of three pieces, so that a small torrent has several. */
vi.mock(import('../../../../../workers/engine/model/piece-map.ts'), async (original) => {
  const module = await original();
  class PieceMap extends module.PieceMap {
    constructor(lengthBytes: number, pieceLength: number) {
      super(lengthBytes, pieceLength, 3 * pieceLength);
    }
  }
  return { ...module, PieceMap };
});

const PIECE_LENGTH = 512;
const torrent = makeTorrent({
  name: 'album',
  pieceLength: PIECE_LENGTH,
  files: [
    { path: 'a.bin', content: 5 * PIECE_LENGTH + 100 },
    { path: 'b.bin', content: 30 },
    { path: 'c.bin', content: 5 * PIECE_LENGTH },
  ],
});
const { content, pieceCount } = torrent;

const act = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('arrive' as const),
      pieces: fc.uniqueArray(fc.nat(pieceCount - 1), { minLength: 1, maxLength: 4 }),
      // Often the next thing happens while they are still being written.
      ms: fc.constantFrom(0, 0, 1, 800, 6_000),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('checkpoint' as const, 'recheck' as const, 'pause' as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('kill' as const, 'power cut' as const),
      // The next life ends the same way before it has looked at everything.
      isTwice: fc.boolean(),
    }),
  },
);
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

/** A machine with its disk, and the session that runs on it now. */
class Machine {
  readonly disk = new CrashDisk();
  session!: Session;
  #swarm!: FakeSwarm;
  #deps!: ReturnType<typeof fakeDeps>;
  /** Pieces that no crash of this kind may cost. */
  readonly acknowledged = new Set<number>();
  readonly checkpointed = new Set<number>();
  /** Pieces that are being written in this life. */
  #underWay = new Set<number>();

  constructor(readonly random: Random) {}

  /** Resolves when the torrent is listed; what is doubtful is still being hashed. */
  async start(isFaulty = true): Promise<void> {
    this.#deps = fakeDeps();
    this.#underWay = new Set();
    this.#swarm = new FakeSwarm();
    const faults = isFaulty ? [this.#fault()] : [];
    this.session = await Session.start({
      storage: new CrashStorage(this.disk, this.#deps.clock, faults),
      swarm: this.#swarm,
      deps: this.#deps,
      version: 'build-1',
      policy: { baseUrl: 'https://rill.test/', isLoopbackApp: false },
      checkpointIntervalS: 5,
      cleanupPeriodS: 300,
    });
  }

  /** Starts, and resolves when everything that was there is known again. */
  async boot(isFaulty = true): Promise<void> {
    await this.start(isFaulty);
    if (this.disk.life === 0) {
      await this.session.add({ kind: 'torrent-file', bytes: torrent.torrentBytes });
    }
    await until(() => this.#check() === null, 'the end of the check');
    await this.session.resume(torrent.infoHash);
  }

  get have(): Bitfield {
    return this.#member.plan!.have;
  }

  get progress(): number {
    const found = this.session.torrent(torrent.infoHash);
    return found.ok ? found.value.progress : Number.NaN;
  }

  /** A piece comes from a peer, as the swarm's port says. */
  arrive(index: number): void {
    const member = this.#member;
    if (!member.plan || member.isPaused || member.plan.have.has(index)) return;
    // A piece is asked for again only when its write has failed.
    const underWay = this.#underWay;
    if (underWay.has(index)) return;
    underWay.add(index);
    const { store, have } = member.plan;
    const bytes = content.slice(index * PIECE_LENGTH, (index + 1) * PIECE_LENGTH);
    store.write(pieceIndex(index), bytes).then(
      () => {
        underWay.delete(index);
        have.set(index);
        this.acknowledged.add(index);
        member.events.piece(index);
      },
      (error: Error) => {
        underWay.delete(index);
        member.events.storageFailed(error);
      },
    );
  }

  async pass(ms: number): Promise<void> {
    this.#deps.clock.advance(ms);
    await settled();
  }

  async checkpoint(): Promise<void> {
    const before = [...this.acknowledged];
    const saved = this.disk.checkpoints.length;
    const saving = this.session.checkpoint();
    await Promise.race([saving, this.pass(1_000)]);
    if (this.disk.checkpoints.length > saved)
      for (const index of before) this.checkpointed.add(index);
  }

  /** The claims of the newest checkpoint, hashed. */
  expectClaimsTrue(): void {
    const record = this.disk.checkpoints.at(-1);
    if (!record) return;
    const claimed = new Bitfield(pieceCount, record.have);
    for (let i = 0; i < pieceCount; i++) {
      if (claimed.has(i)) expect(this.#stored(i)).toBe(rightHash(i));
    }
  }

  /** Everything that is missing comes, over a disk without faults. */
  async complete(): Promise<void> {
    for (let i = 0; i < pieceCount; i++) this.arrive(i);
    for (let turns = 0; this.progress < 1 && turns < 50; turns++) await this.pass(1_000);
    expect(this.progress).toBe(1);
    for (let i = 0; i < pieceCount; i++) expect(this.#stored(i)).toBe(rightHash(i));
  }

  get #member(): FakeMember {
    return this.#swarm.member(torrent.infoHash)!;
  }

  #check() {
    const found = this.session.torrent(torrent.infoHash);
    return found.ok ? found.value.check : null;
  }

  #stored(index: number): string {
    const extent = this.disk.extents.get(Math.floor(index / 3));
    const at = (index % 3) * PIECE_LENGTH;
    return sha1(extent?.bytes.subarray(at, at + PIECE_LENGTH) ?? new Uint8Array()).toString('hex');
  }

  /** Some writes are slow, some are refused, some stop half-way. */
  #fault(): Fault {
    const slowly = slow(this.#deps.clock, 700);
    return (write, pass) => {
      const dice = this.random();
      if (dice < 0.75) return pass(write);
      if (dice < 0.9) return slowly(write, pass);
      return (dice < 0.95 ? failing() : torn())(write, pass);
    };
  }
}

function rightHash(index: number): string {
  return sha1(content.subarray(index * PIECE_LENGTH, (index + 1) * PIECE_LENGTH)).toString('hex');
}

async function perform(machine: Machine, step: Act): Promise<void> {
  switch (step.kind) {
    case 'arrive':
      await machine.session.resume(torrent.infoHash);
      for (const piece of step.pieces) machine.arrive(piece);
      return machine.pass(step.ms);
    case 'checkpoint':
      return machine.checkpoint();
    case 'recheck':
    case 'pause':
      // Slow writes may hold it up until time passes.
      void machine.session[step.kind](torrent.infoHash);
      return settled();
    case 'kill':
    case 'power cut':
      return crash(machine, step.kind, step.isTwice);
  }
}

async function crash(
  machine: Machine,
  kind: 'kill' | 'power cut',
  isTwice: boolean,
): Promise<void> {
  const kept = new Set(kind === 'kill' ? machine.acknowledged : machine.checkpointed);
  const happen = () => {
    if (kind === 'kill') machine.disk.kill();
    else machine.disk.cutPower(machine.random);
    machine.expectClaimsTrue();
  };
  happen();
  if (isTwice) {
    await machine.start();
    happen();
  }
  await machine.boot();
  for (const index of kept) {
    expect(machine.have.has(index), `piece ${index} after a ${kind}`).toBe(true);
  }
  machine.acknowledged.clear();
  for (let i = 0; i < pieceCount; i++) if (machine.have.has(i)) machine.acknowledged.add(i);
}

/** What this test has found, so that it is tried each time. */
const FOUND: [Act[], number][] = [
  // Killed again while stored pieces were still being hashed: the checkpoint of the start said that they were not there.
  [[arrive(0), { kind: 'kill', isTwice: true }], 0],
  // A piece came while a checkpoint was being made: its extent was believed to be as the checkpoint said, without it.
  [[arrive(5, 3), { kind: 'kill', isTwice: false }], 0],
  // A recheck found a piece that was still waiting to be written, and then could not be.
  [
    [
      arrive(0, 1),
      arrive(3),
      { kind: 'power cut', isTwice: false },
      arrive(2, 6),
      arrive(5, 3, 0),
      { kind: 'recheck' },
      arrive(0),
    ],
    1253173404,
  ],
];

function arrive(...pieces: number[]): Act {
  return { kind: 'arrive', pieces, ms: 0 };
}

test('whatever fails and whenever it crashes, checkpoints are true, nothing written down is lost, and it completes', async () => {
  let crashes = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 30 }), fc.nat(), async (steps, seed) => {
      const machine = new Machine(seededRandom(seed));
      await machine.boot();
      for (const step of steps) {
        await perform(machine, step);
        if (step.kind === 'kill' || step.kind === 'power cut') crashes++;
      }
      machine.disk.kill();
      machine.expectClaimsTrue();
      await machine.boot(false);
      await machine.complete();
    }),
    { numRuns: 60, examples: FOUND },
  );
  expect(crashes).toBeGreaterThan(20);
}, 60_000);
