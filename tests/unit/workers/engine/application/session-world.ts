/**
 * A session with a handful of torrents, on which people and scripts act while time passes, and what the rules say of each thing
 * that happens (session.property.test.ts).
 */
import { expect } from 'vitest';
import type { Origin } from '../../../../../workers/contract/cooldown.ts';
import type { InfoHash } from '../../../../../workers/contract/ids.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../../../../workers/contract/settings.ts';
import type { JoinSpec, SwarmEvents } from '../../../../../workers/engine/model/swarm.ts';
import { settled, until } from '../../../../support/fake-clock.ts';
import { emptyDisk, type Disk } from '../../../../support/fake-storage.ts';
import { FakeSwarm, type FakeMember } from '../../../../support/fake-swarm.ts';
import { makeTorrent } from '../../../../support/torrents.ts';
import { COUNT, type Act, type Addition, type Beginning } from './session-acts.ts';
import { Cleanups } from './session-cleanups.ts';
import type { Reached } from './session-reached.ts';
import { Rests, secondsOf } from './session-rests.ts';
import { Scene } from './session-scene.ts';
import { checkTurns } from './session-turns.ts';

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

class WatchedSwarm extends FakeSwarm {
  /** Those that were tried twice at once. */
  readonly twice: string[] = [];

  override join(spec: JoinSpec, events: SwarmEvents): FakeMember {
    const isThere = this.members.some((one) => one.infoHash === spec.infoHash && !one.hasLeft);
    if (isThere) this.twice.push(spec.infoHash);
    return super.join(spec, events);
  }
}

export class World {
  readonly disk: Disk = emptyDisk();
  scene!: Scene;
  #swarm = new WatchedSwarm();
  #isMetered = false;
  /** The library, and when somebody last did something with each. */
  readonly #usedMs = new Map<number, number>();
  readonly #rests: Rests;
  /** What a person wished to be tried, by the act under way. */
  readonly #freed = new Set<string>();
  /** When scripts were let in, by this engine. */
  #admittedMs: number[] = [];
  readonly #cleanups: Cleanups;

  constructor(readonly reached: Reached) {
    this.#rests = new Rests(reached);
    this.#cleanups = new Cleanups(reached);
  }

  async begin({ settings, library, resting }: Beginning): Promise<void> {
    this.disk.settings = { ...DEFAULT_SETTINGS, ...settings };
    await this.#start();
    for (const { which, keepOffline, isForced, isComplete } of library) {
      const { source, infoHash } = torrents[which]!;
      await this.scene.session.add(source, { keepOffline });
      if (isComplete) await this.#complete(which);
      await this.scene.session.change(infoHash, { isForced });
      this.#usedMs.set(which, this.#nowMs);
    }
    await this.#settle();
    await this.scene.session.checkpoint();
    const sinceMs = this.#nowMs;
    await this.disk.cooldowns.save(
      resting.map(({ which, reason }) => {
        const { infoHash, name } = torrents[which]!;
        const untilMs = sinceMs + secondsOf(reason, this.#settings.cooldownS) * 1000;
        return { infoHash, name, reason, attempts: 1, sinceMs, untilMs };
      }),
    );
    await this.#start();
    await this.#settle();
    this.#lookAtRests();
  }

  async act(it: Act): Promise<void> {
    const { session } = this.scene;
    const index = 'which' in it ? it.which : 0;
    const { infoHash, content, source } = torrents[index]!;
    const member = this.#member(index);
    const isMoving = member?.isPaused === false;
    this.#freed.clear();
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
        this.#freed.add(infoHash);
        if ((await session.start(infoHash)).ok) this.#usedMs.set(index, this.#nowMs);
        break;
      case 'remove':
        await session.remove(infoHash, index % 2 ? 'keep' : 'delete');
        this.#usedMs.delete(index);
        break;
      case 'renew': {
        // Nobody waits for the end of the one before the other.
        this.#freed.add(infoHash);
        const removed = session.remove(infoHash, index % 2 ? 'keep' : 'delete');
        const added = await session.add(source);
        expect(added).toMatchObject({ ok: true, value: { isNew: true } });
        if ((await removed).ok) this.reached.note('removed and added at once');
        this.#usedMs.set(index, this.#nowMs);
        break;
      }
      case 'pause':
        this.#used(index, await session.pause(infoHash));
        break;
      case 'force':
        this.#freed.add(infoHash);
        this.#used(index, await session.change(infoHash, { isForced: true }));
        break;
      case 'unforce':
        this.#used(index, await session.change(infoHash, { isForced: false }));
        break;
      case 'find':
        await this.#find(index);
        break;
      case 'complete':
        await this.#complete(index);
        break;
      case 'give':
        if (isMoving) member!.uploadedBytes += content.length;
        break;
      case 'lose peers':
        if (member) member.peerCount = member.seeds = 0;
        break;
      case 'clear':
        this.#freed.add(infoHash);
        session.clearCooldown(infoHash);
        break;
      case 'pass':
        await this.#pass(it.ms);
        break;
      case 'set':
        expect((await session.changeSettings(it.settings)).ok).toBe(true);
        if (it.settings.cleanupIdleS !== undefined) this.#cleanups.beginAnew(this.#nowMs);
        break;
      case 'meter':
        this.#isMetered = it.isMetered;
        break;
      case 'restart':
        await session.checkpoint();
        await this.#start();
    }
    // What is done by the clock is done within a second.
    await this.#pass(1_001);
  }

  /** Whether all is as the rules say. */
  check(): void {
    const { session } = this.scene;
    const details = session.torrents();
    // No torrent is lost, here or on the disk, and what is only looked into is on none.
    const hashes = [...this.#usedMs.keys()].map((index) => torrents[index]!.infoHash).sort();
    expect(details.map(({ infoHash }) => infoHash).sort()).toEqual(hashes);
    expect([...this.disk.torrents.keys()].sort()).toEqual(hashes);
    expect(this.#swarm.twice).toEqual([]);
    const resting = new Set<string>(session.cooling().map(({ infoHash }) => infoHash));
    for (const [index, { infoHash }] of torrents.entries()) {
      if (resting.has(infoHash)) expect(this.#isMoving(index)).toBe(false);
    }
    const { seedRatio, pauseOnMetered } = this.#settings;
    for (const detail of details) {
      const isMoving = this.#isMoving(indexOf(detail.infoHash));
      if (pauseOnMetered && this.#isMetered) expect(isMoving && !detail.isForced).toBe(false);
      const ratio = detail.limits.seedRatio ?? seedRatio;
      const isEnough = ratio > 0 && detail.uploadedBytes >= ratio * detail.selectedBytes;
      if (detail.state === 'seeding') expect(isEnough).toBe(false);
      if (detail.state === 'complete') expect(isEnough && detail.progress === 1).toBe(true);
    }
    checkTurns(
      details,
      this.#settings,
      (infoHash) => this.#isMoving(indexOf(infoHash)),
      this.reached,
    );
    for (const [index, usedMs] of this.#usedMs) {
      const record = this.disk.torrents.get(torrents[index]!.infoHash)!;
      this.#cleanups.stays(record, usedMs, this.#settings.cleanupIdleS, this.#nowMs);
    }
  }

  async #start(): Promise<void> {
    this.#admittedMs = [];
    this.#swarm = new WatchedSwarm();
    const atMs = this.scene?.deps.clock.now();
    this.scene = await Scene.start(this.disk, [], {
      swarm: this.#swarm,
      prepare: ({ deps }) => {
        if (atMs !== undefined) deps.clock.advance(atMs - deps.clock.now());
        deps.isMetered = () => this.#isMetered;
      },
    });
    this.#cleanups.beginAnew(this.#nowMs);
  }

  get #nowMs(): number {
    return this.scene.deps.clock.now();
  }

  get #settings(): Settings {
    return this.scene.session.settings();
  }

  #member(index: number): FakeMember | undefined {
    const member = this.scene.swarm.member(torrents[index]!.infoHash);
    return member?.hasLeft ? undefined : member;
  }

  #isMoving(index: number): boolean {
    return this.#member(index)?.isPaused === false;
  }

  /** A peer tells what is in it, if one is asked. */
  async #find(index: number): Promise<void> {
    const { infoHash, infoBytes } = torrents[index]!;
    const member = this.#member(index);
    if (!member || member.plan || member.isPaused) return;
    member.events.metadata(infoBytes);
    const isKnown = () => {
      const found = this.scene.session.torrent(infoHash);
      return !found.ok || found.value.pieceCount > 0;
    };
    await until(isKnown, 'what is in it');
    await this.#settle();
  }

  /** Peers give all there is of it, if they are asked. */
  async #complete(index: number): Promise<void> {
    await this.#find(index);
    const member = this.#member(index);
    if (!member?.plan || member.isPaused) return;
    const missing = [0, 1].filter((piece) => !member.plan!.have.has(piece));
    await member.deliver(torrents[index]!.content, ...missing);
    await this.#settle();
  }

  async #settle(): Promise<void> {
    await settled();
    const isChecked = () => this.scene.session.torrents().every(({ check }) => check === null);
    await until(isChecked, 'the end of the checks');
    await settled();
  }

  /** Time passes; what is gone after it was only watched, and not used for long enough. */
  async #pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= MINUTE_MS) {
      const before = new Map(this.disk.torrents);
      this.scene.deps.clock.advance(Math.min(left, MINUTE_MS));
      await this.#settle();
      for (const record of before.values()) {
        if (this.disk.torrents.has(record.infoHash)) continue;
        const index = indexOf(record.infoHash);
        const usedMs = this.#usedMs.get(index)!;
        this.#cleanups.went(record, usedMs, this.#settings.cleanupIdleS, this.#nowMs);
        this.#usedMs.delete(index);
      }
      this.#lookAtRests();
    }
  }

  #lookAtRests(): void {
    const cooling = this.scene.session.cooling();
    this.#rests.look(cooling, this.#settings.cooldownS, this.#nowMs, this.#freed);
  }

  /** By one who asks twice at once. */
  async #add({ which: index, origin: by, hold, keepOffline }: Addition): Promise<void> {
    const { source, infoHash } = torrents[index]!;
    const options = { hold: hold && by === 'person', keepOffline };
    const wasHere = this.scene.session.torrent(infoHash).ok;
    const results = await this.#ask(index, by, () =>
      Promise.all([
        this.scene.session.add(source, options, by),
        this.scene.session.add(source, options, by),
      ]),
    );
    const added = results.flatMap((result) => (result.ok ? [result.value] : []));
    const fresh = added.filter(({ isNew }) => isNew);
    expect(fresh.length).toBe(wasHere || added.length === 0 ? 0 : 1);
    if (added.length > fresh.length && fresh.length > 0) this.reached.note('added twice at once');
    if (by === 'script') this.#admitted(added.length);
    const isListed = this.#usedMs.has(index) || !options.hold;
    if (added.length > 0 && isListed) this.#usedMs.set(index, this.#nowMs);
  }

  #used(index: number, { ok }: { readonly ok: boolean }): void {
    if (ok && this.#usedMs.has(index)) this.#usedMs.set(index, this.#nowMs);
  }

  /** Who asks for what rests: a script is told how long, a person has it tried. */
  async #ask<T extends { ok: boolean } | readonly { ok: boolean }[]>(
    index: number,
    by: Origin,
    ask: () => Promise<T>,
  ): Promise<T> {
    const { infoHash } = torrents[index]!;
    if (by === 'person') this.#freed.add(infoHash);
    const cooling = this.scene.session.cooling().find((one) => one.infoHash === infoHash);
    const result = await ask();
    const answers: readonly unknown[] = Array.isArray(result) ? result : [result];
    // Nothing is asked for what is not here, but for an addition.
    const isKnown = this.#usedMs.has(index) || Array.isArray(result);
    if (cooling && by === 'script' && isKnown) {
      const error = { kind: 'cooldown', retryAfterS: cooling.retryAfterS };
      for (const answer of answers) expect(answer).toMatchObject({ ok: false, error });
      this.reached.note('rests refused to a script', answers.length);
    }
    if (by === 'person' && isKnown) {
      const resting = this.scene.session.cooling().map((one) => one.infoHash);
      expect(resting).not.toContain(infoHash);
    }
    return result;
  }

  #admitted(count: number): void {
    this.#admittedMs.push(...Array<number>(count).fill(this.#nowMs));
    const inMinute = this.#admittedMs.filter((atMs) => atMs > this.#nowMs - MINUTE_MS);
    if (count > 0) {
      expect(inMinute.length).toBeLessThanOrEqual(this.#settings.rateLimits.addsPerMinute);
    }
    if (inMinute.length >= this.#settings.rateLimits.addsPerMinute) {
      this.reached.note('limits of scripts reached');
    }
  }
}
