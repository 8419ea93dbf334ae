/**
 * A session left to itself while people and scripts do one thing after the other, at random, and settings change under it: what
 * rests, waits for a connection, has given enough or is only watched is left alone or goes exactly as the rules say, scripts keep
 * to their limits, nothing that is only looked into is saved, and no torrent is lost or tried twice at once. The queue has a test
 * like this of its own (queue.property.test.ts).
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Origin } from '../../../../../workers/contract/cooldown.ts';
import type { InfoHash } from '../../../../../workers/contract/ids.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../../../../workers/contract/settings.ts';
import type { TorrentRecord } from '../../../../../workers/engine/model/catalogue.ts';
import type { JoinSpec, SwarmEvents } from '../../../../../workers/engine/model/swarm.ts';
import { settled, until } from '../../../../support/fake-clock.ts';
import { emptyDisk, type Disk } from '../../../../support/fake-storage.ts';
import { FakeSwarm, type FakeMember } from '../../../../support/fake-swarm.ts';
import { makeTorrent } from '../../../../support/torrents.ts';
import { Scene } from './session-scene.ts';

const COUNT = 4;
const MINUTE_MS = 60_000;
/** Two pieces each; the last two are known by their links alone. */
const torrents = Array.from({ length: COUNT }, (_, index) => {
  const made = makeTorrent({ name: `${index}.mp4`, files: 2 * 16_384, seed: 100 + index });
  const isKnown = index < COUNT - 2;
  const source = isKnown
    ? ({ kind: 'torrent-file', bytes: made.torrentBytes } as const)
    : ({ kind: 'text', text: made.magnet() } as const);
  return { ...made, infoHash: made.infoHash as InfoHash, source };
});
const indexOf = (infoHash: string) => torrents.findIndex((one) => one.infoHash === infoHash);

const which = fc.nat(COUNT - 1);
const origin = fc.constantFrom<Origin>('person', 'script');
const settings = fc.oneof(
  fc.record({ seedRatio: fc.constantFrom(0, 1, 2) }),
  fc.record({ pauseOnMetered: fc.boolean() }),
  fc.record({ cleanupIdleS: fc.constantFrom(0, 60, 1_800) }),
  fc.record({ metadataTimeoutS: fc.constantFrom(30, 180) }),
  fc.record({ healthCheckIntervalS: fc.constantFrom(5, 60), maxRetries: fc.constantFrom(1, 4) }),
  fc.record({
    cooldownS: fc.record({
      noPeers: fc.constantFrom(10, 300),
      timeout: fc.constantFrom(10, 600),
      connection: fc.constant(60),
    }),
  }),
  fc.record({
    rateLimits: fc.record({
      addsPerMinute: fc.constantFrom(1, 3),
      metadataPerMinute: fc.constantFrom(1, 2),
    }),
  }),
);
const act = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      which,
      origin,
      hold: fc.boolean(),
      keepOffline: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('resume' as const, 'reannounce' as const),
      which,
      origin,
    }),
  },
  {
    weight: 9,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'confirm' as const,
        'remove' as const,
        'pause' as const,
        'force' as const,
        'unforce' as const,
        'find' as const,
        'complete' as const,
        'give' as const,
        'lose peers' as const,
        'clear' as const,
      ),
      which,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.constantFrom(1_000, 20_000, 100_000, 400_000, 2_400_000),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('set' as const), settings }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('meter' as const), isMetered: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
);
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

class WatchedSwarm extends FakeSwarm {
  override join(spec: JoinSpec, events: SwarmEvents): FakeMember {
    const other = this.members.find((one) => one.infoHash === spec.infoHash && !one.hasLeft);
    if (other) throw new Error(`${spec.infoHash} is joined twice`);
    return super.join(spec, events);
  }
}

class World {
  readonly disk: Disk = emptyDisk();
  scene!: Scene;
  isMetered = false;
  /** The library, and when somebody last did something with each. */
  readonly usedMs = new Map<number, number>();
  /** When scripts were let in, by this engine. */
  #admittedMs: number[] = [];

  async start(): Promise<void> {
    this.#admittedMs = [];
    const atMs = this.scene?.deps.clock.now();
    this.scene = await Scene.start(this.disk, [], {
      swarm: new WatchedSwarm(),
      prepare: ({ deps }) => {
        if (atMs !== undefined) deps.clock.advance(atMs - deps.clock.now());
        deps.isMetered = () => this.isMetered;
      },
    });
  }

  get nowMs(): number {
    return this.scene.deps.clock.now();
  }

  get settings(): Settings {
    return this.scene.session.settings();
  }

  member(index: number): FakeMember | undefined {
    const member = this.scene.swarm.member(torrents[index]!.infoHash);
    return member?.hasLeft ? undefined : member;
  }

  async settle(): Promise<void> {
    await settled();
    const isChecked = () => this.scene.session.torrents().every(({ check }) => check === null);
    await until(isChecked, 'the end of the checks');
    await settled();
  }

  /** Time passes; what is gone after it was only watched, and not used for long enough. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= MINUTE_MS) {
      const before = new Map(this.disk.torrents);
      this.scene.deps.clock.advance(Math.min(left, MINUTE_MS));
      await this.settle();
      for (const record of before.values()) {
        if (!this.disk.torrents.has(record.infoHash)) this.#wasCleaned(record);
      }
    }
  }

  #wasCleaned({ infoHash, keepOffline, isForced }: TorrentRecord): void {
    const index = indexOf(infoHash);
    const { cleanupIdleS } = this.settings;
    expect({ keepOffline, isForced }).toEqual({ keepOffline: false, isForced: false });
    expect(cleanupIdleS).toBeGreaterThan(0);
    expect(this.nowMs - this.usedMs.get(index)!).toBeGreaterThanOrEqual(cleanupIdleS * 1000);
    this.usedMs.delete(index);
  }

  async act(it: Act): Promise<void> {
    const { session } = this.scene;
    const index = 'which' in it ? it.which : 0;
    const { infoHash, content, infoBytes } = torrents[index]!;
    const member = this.member(index);
    const isMoving = member?.isPaused === false;
    switch (it.kind) {
      case 'add':
        await this.#add(it);
        break;
      case 'resume':
      case 'reannounce':
        this.#used(
          index,
          await this.#ask(index, it.origin, () => session[it.kind](infoHash, it.origin)),
        );
        break;
      case 'confirm':
        if ((await session.start(infoHash)).ok) this.usedMs.set(index, this.nowMs);
        break;
      case 'remove':
        await session.remove(infoHash, index % 2 ? 'keep' : 'delete');
        this.usedMs.delete(index);
        break;
      case 'pause':
        this.#used(index, await session.pause(infoHash));
        break;
      case 'force':
      case 'unforce':
        this.#used(index, await session.change(infoHash, { isForced: it.kind === 'force' }));
        break;
      case 'find':
        if (member && !member.plan && isMoving) member.events.metadata(infoBytes);
        break;
      case 'complete':
        if (member?.plan && isMoving) {
          const missing = [0, 1].filter((piece) => !member.plan!.have.has(piece));
          await member.deliver(content, ...missing);
        }
        break;
      case 'give':
        if (isMoving) member!.uploadedBytes += content.length;
        break;
      case 'lose peers':
        if (member) member.peerCount = member.seeds = 0;
        break;
      case 'clear':
        session.clearCooldown(infoHash);
        break;
      case 'pass':
        await this.pass(it.ms);
        break;
      case 'set':
        expect((await session.changeSettings(it.settings)).ok).toBe(true);
        break;
      case 'meter':
        this.isMetered = it.isMetered;
        break;
      case 'restart':
        await session.checkpoint();
        await this.start();
    }
    // What is done by the clock is done within a second.
    await this.pass(1_001);
  }

  /** By one who asks twice at once. */
  async #add({ which: index, origin: by, hold, keepOffline }: Extract<Act, { kind: 'add' }>) {
    const { source } = torrents[index]!;
    const options = { hold: hold && by === 'person', keepOffline };
    const results = await this.#ask(index, by, () =>
      Promise.all([
        this.scene.session.add(source, options, by),
        this.scene.session.add(source, options, by),
      ]),
    );
    const added = results.filter(({ ok }) => ok).length;
    if (by === 'script') this.#admitted(added);
    const isListed = this.usedMs.has(index) || !options.hold;
    if (added > 0 && isListed) this.usedMs.set(index, this.nowMs);
  }

  #used(index: number, { ok }: { readonly ok: boolean }): void {
    if (ok && this.usedMs.has(index)) this.usedMs.set(index, this.nowMs);
  }

  /** Who asks for what rests: a script is told how long, a person has it tried. */
  async #ask<T extends { ok: boolean } | readonly { ok: boolean }[]>(
    index: number,
    by: Origin,
    ask: () => Promise<T>,
  ): Promise<T> {
    const { infoHash } = torrents[index]!;
    const cooling = this.scene.session.cooling().find((one) => one.infoHash === infoHash);
    const result = await ask();
    const answers: readonly unknown[] = Array.isArray(result) ? result : [result];
    // Nothing is asked for what is not here, but for an addition.
    const isKnown = this.usedMs.has(index) || Array.isArray(result);
    if (cooling && by === 'script' && isKnown) {
      const error = { kind: 'cooldown', retryAfterS: cooling.retryAfterS };
      for (const answer of answers) expect(answer).toMatchObject({ ok: false, error });
    }
    if (by === 'person' && isKnown) {
      const resting = this.scene.session.cooling().map((one) => one.infoHash);
      expect(resting).not.toContain(infoHash);
    }
    return result;
  }

  #admitted(count: number): void {
    this.#admittedMs.push(...Array<number>(count).fill(this.nowMs));
    const inMinute = this.#admittedMs.filter((atMs) => atMs > this.nowMs - MINUTE_MS);
    if (count > 0) {
      expect(inMinute.length).toBeLessThanOrEqual(this.settings.rateLimits.addsPerMinute);
    }
  }

  check(): void {
    const { session } = this.scene;
    const details = session.torrents();
    // No torrent is lost, here or on the disk, and what is only looked into is on none.
    const hashes = [...this.usedMs.keys()].map((index) => torrents[index]!.infoHash).sort();
    expect(details.map(({ infoHash }) => infoHash).sort()).toEqual(hashes);
    expect([...this.disk.torrents.keys()].sort()).toEqual(hashes);
    const resting = new Map(session.cooling().map((one) => [one.infoHash, one]));
    for (const index of torrents.keys()) {
      const isMoving = this.member(index)?.isPaused === false;
      const { infoHash } = torrents[index]!;
      if (resting.has(infoHash)) expect(isMoving).toBe(false);
    }
    const { cooldownS, seedRatio, pauseOnMetered } = this.settings;
    const longestS = Math.max(...Object.values(cooldownS));
    for (const { retryAfterS } of resting.values()) {
      expect(retryAfterS).toBeGreaterThanOrEqual(1);
      expect(retryAfterS).toBeLessThanOrEqual(longestS);
    }
    for (const detail of details) {
      const isMoving = this.member(indexOf(detail.infoHash))?.isPaused === false;
      if (pauseOnMetered && this.isMetered) expect(isMoving && !detail.isForced).toBe(false);
      const ratio = detail.limits.seedRatio ?? seedRatio;
      const isEnough = ratio > 0 && detail.uploadedBytes >= ratio * detail.selectedBytes;
      if (detail.state === 'seeding') expect(isEnough).toBe(false);
      if (detail.state === 'complete') expect(isEnough && detail.progress === 1).toBe(true);
    }
  }
}

test('whatever people and scripts do under whatever settings, every rule holds', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 40 }), async (acts) => {
      const world = new World();
      world.disk.settings = DEFAULT_SETTINGS;
      await world.start();
      for (const it of acts) {
        await world.act(it);
        world.check();
      }
    }),
    { numRuns: 40 },
  );
}, 60_000);
