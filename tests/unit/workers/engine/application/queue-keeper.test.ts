/** Turns as a person sees them: who joins the swarm, who waits and where, and what changes that. queue.test.ts has the rules. */
import { expect, test } from 'vitest';
import type { NewEvent } from '../../../../../workers/contract/events.ts';
import { DEFAULT_SETTINGS } from '../../../../../workers/contract/settings.ts';
import { TorrentList } from '../../../../../workers/engine/application/torrent-list.ts';
import { fakeDeps, settled, until } from '../../../../support/fake-clock.ts';
import { emptyDisk, FakeStorage, type Disk } from '../../../../support/fake-storage.ts';
import { FakeSwarm } from '../../../../support/fake-swarm.ts';
import { makeTorrent, type MadeTorrent } from '../../../../support/torrents.ts';
import { gate, Scene } from './session-scene.ts';

/** One piece each, named in order. */
const torrents = Array.from({ length: 8 }, (_, index) =>
  makeTorrent({ name: `${index}.mp4`, files: 16_384, seed: index }),
);
const bytesOf = ({ torrentBytes }: MadeTorrent) =>
  ({ kind: 'torrent-file', bytes: torrentBytes }) as const;

class QueueScene {
  private constructor(
    readonly scene: Scene,
    readonly disk: Disk,
  ) {}

  static async start(disk = emptyDisk(), settings: Partial<typeof DEFAULT_SETTINGS> = {}) {
    disk.settings = { ...disk.settings, maxActiveDownloads: 2, ...settings };
    return new QueueScene(await Scene.start(disk), disk);
  }

  get session() {
    return this.scene.session;
  }

  /** Adds so many, all within a millisecond. */
  async add(count: number, facts: { paused?: boolean } = {}): Promise<void> {
    for (const torrent of torrents.slice(0, count)) {
      await this.session.add(bytesOf(torrent), facts);
    }
  }

  member(index: number) {
    return this.scene.swarm.member(torrents[index]!.infoHash);
  }

  /** The torrents that move payload. */
  running(): string {
    const runs = (index: number) => {
      const member = this.member(index);
      return member !== undefined && !member.isPaused && !member.hasLeft;
    };
    return torrents.map((_, index) => (runs(index) ? index : '')).join('');
  }

  async detail(index: number) {
    const found = this.session.torrent(torrents[index]!.infoHash);
    if (!found.ok) throw new Error(found.error.message);
    return found.value;
  }

  /** Those that wait, the next one first. */
  waiting(): string {
    return this.session
      .torrents()
      .filter(({ state }) => state === 'queued')
      .sort((a, b) => a.queuePosition - b.queuePosition)
      .map(({ name }) => name[0])
      .join('');
  }

  async complete(index: number): Promise<void> {
    await this.member(index)!.deliver(torrents[index]!.content, 0);
    await settled();
  }

  /** Time in which nothing comes. */
  async wait(ms: number): Promise<void> {
    this.scene.deps.clock.advance(ms);
    await settled();
  }
}

const hashOf = (index: number) => torrents[index]!.infoHash;

test('as many join as may; the others wait, say where, and join nobody', async () => {
  const queue = await QueueScene.start();
  await queue.add(4);
  expect([queue.running(), queue.waiting()]).toEqual(['01', '23']);
  expect(queue.scene.swarm.members).toHaveLength(2);
  expect(await queue.detail(1)).toMatchObject({ state: 'downloading', queuePosition: 0 });
  expect(await queue.detail(3)).toMatchObject({
    state: 'queued',
    queuePosition: 2,
    downloadBps: 0,
    health: { kind: 'ok' },
  });
  expect((await queue.session.health()).torrents).toMatchObject({ active: 2, queued: 2 });
  expect(queue.disk.torrents.get((await queue.detail(3)).infoHash)!.pausedBy).toBeNull();
});

test('one that is complete makes room, and shares on a limit of its own', async () => {
  const queue = await QueueScene.start(emptyDisk(), { maxActiveSeeds: 1 });
  await queue.add(4);
  await queue.complete(0);
  expect([queue.running(), queue.waiting()]).toEqual(['012', '3']);
  await queue.complete(1);
  expect(queue.running()).toBe('023');
  expect(await queue.detail(1)).toMatchObject({ state: 'queued', progress: 1, queuePosition: 1 });
});

test('after a start only those join whose turn it is, in the order that was', async () => {
  const before = await QueueScene.start();
  await before.add(4);
  await before.session.moveInQueue(hashOf(3), 'top');
  await before.session.change(hashOf(0), { priority: 'low' });
  const { swarm } = (await QueueScene.start(before.disk)).scene;
  expect(swarm.members.map(({ infoHash }) => infoHash).sort()).toEqual(
    [hashOf(1), hashOf(3)].sort(),
  );
});

test('pausing gives the place away, and who resumes takes the one that is theirs', async () => {
  const queue = await QueueScene.start();
  await queue.add(3);
  await queue.session.pause(hashOf(0));
  expect([queue.running(), queue.waiting()]).toEqual(['12', '']);
  await queue.session.resume(hashOf(0));
  expect([queue.running(), queue.waiting()]).toEqual(['01', '2']);
  // Its peers are kept for when it is its turn again.
  expect(queue.member(2)).toMatchObject({ isPaused: true, pausedPeers: 'keep', hasLeft: false });
  await queue.session.pause(hashOf(2));
  await queue.session.remove(hashOf(0), 'delete');
  expect([queue.running(), queue.waiting()]).toEqual(['1', '']);
});

test('a download to which nothing comes makes way, and comes back when nobody else waits', async () => {
  const queue = await QueueScene.start();
  await queue.add(3);
  await queue.wait(50_000);
  queue.member(0)!.downloadedBytes += 1;
  await queue.wait(20_000);
  expect([queue.running(), queue.waiting()]).toEqual(['02', '1']);
  await queue.wait(60_000);
  // 0 has stalled too, and 1 has not rested yet: nobody changes places for nothing.
  expect(queue.running()).toBe('02');
  await queue.complete(2);
  expect(queue.running()).toBe('012');
});

test('without a network nobody makes way', async () => {
  const queue = await QueueScene.start();
  await queue.add(3);
  for (const index of [0, 1]) queue.member(index)!.isCutOff = true;
  await queue.wait(600_000);
  expect(queue.running()).toBe('01');
});

test('a forced start runs beside the limit, also after a reload, until it is complete', async () => {
  const queue = await QueueScene.start();
  await queue.add(4);
  expect((await queue.session.change(hashOf(3), { isForced: true })).ok).toBe(true);
  expect([queue.running(), queue.waiting()]).toEqual(['013', '2']);
  expect(await queue.detail(3)).toMatchObject({ isForced: true, state: 'downloading' });
  const again = await QueueScene.start(queue.disk);
  expect(again.running()).toBe('013');
  await again.complete(3);
  expect(await again.detail(3)).toMatchObject({ isForced: false, state: 'seeding' });
});

test.each([
  ['top', '03', '12'],
  ['up', '01', '32'],
  ['down', '01', '23'],
] as const)('the last of four moved to %s: %s run, then %s', async (to, runs, waits) => {
  const queue = await QueueScene.start();
  await queue.add(4);
  await queue.session.moveInQueue(hashOf(3), to);
  expect([queue.running(), queue.waiting()]).toEqual([runs, waits]);
});

test('a move passes by those that are paused and those of another priority', async () => {
  const queue = await QueueScene.start();
  await queue.add(5);
  await queue.session.pause(hashOf(3));
  await queue.session.change(hashOf(2), { priority: 'high' });
  expect([queue.running(), queue.waiting()]).toEqual(['02', '14']);
  await queue.session.moveInQueue(hashOf(4), 'up');
  expect([queue.running(), queue.waiting()]).toEqual(['02', '41']);
});

test.each([
  [{ priority: 'urgent' }, 'priority'],
  [{ isForced: 1 }, 'isForced'],
])('a change to %j is refused by name', async (change, field) => {
  const queue = await QueueScene.start();
  await queue.add(1);
  const changed = await queue.session.change(hashOf(0), change as never);
  expect(changed).toMatchObject({ ok: false, error: { kind: 'bad-request', field } });
});

test('a move to nowhere and a move of nothing are refused', async () => {
  const queue = await QueueScene.start();
  await queue.add(1);
  expect(await queue.session.moveInQueue(hashOf(0), 'left' as never)).toMatchObject({
    error: { kind: 'bad-request', field: 'to' },
  });
  expect(await queue.session.moveInQueue(hashOf(1), 'top')).toMatchObject({
    error: { kind: 'unknown-torrent' },
  });
});

test('limits are taken over while it runs', async () => {
  const queue = await QueueScene.start();
  await queue.add(4);
  await queue.session.changeSettings({ maxActiveDownloads: 1 });
  expect([queue.running(), queue.waiting()]).toEqual(['0', '123']);
  await queue.session.changeSettings({ maxActiveDownloads: 500 });
  expect([queue.running(), queue.waiting()]).toEqual(['0123', '']);
});

test('a torrent that is added as urgent has its turn at once', async () => {
  const queue = await QueueScene.start();
  await queue.add(2);
  await queue.session.add(bytesOf(torrents[2]!), { priority: 'high' });
  expect([queue.running(), queue.waiting()]).toEqual(['02', '1']);
  expect(await queue.detail(2)).toMatchObject({ priority: 'high' });
});

test('whoever plays a torrent that waits gets it, while a stream is open and a little longer', async () => {
  const queue = await QueueScene.start();
  await queue.add(3);
  const { port1, port2 } = new MessageChannel();
  const request = { infoHash: hashOf(2), fileIndex: 0, startByte: 0, endByte: 16_384 };
  expect((await queue.session.openStream(request, port2)).ok).toBe(true);
  expect(queue.running()).toBe('012');
  port1.postMessage({ kind: 'pull' });
  await until(() => queue.member(2)!.hurries.size > 0, 'the hurry');
  // Longer than any turn, and not so long that it would be given up.
  await queue.wait(5 * 60_000);
  expect(queue.running()).toBe('012');
  port1.postMessage({ kind: 'cancel' });
  await until(() => [...queue.member(2)!.hurries.values()].at(-1) === null, 'the end');
  // A seek closes one range and opens another.
  for (const running of ['012', '01']) {
    for (const index of [0, 1]) queue.member(index)!.downloadedBytes += 1;
    await queue.wait(20_000);
    expect(queue.running()).toBe(running);
  }
  expect(queue.waiting()).toBe('2');
  port1.close();
});

test('of links that are looked into some wait; one that a person looks into does not', async () => {
  const queue = await QueueScene.start(emptyDisk(), { maxActiveMetadata: 1 });
  const link = (index: number) => ({ kind: 'text', text: torrents[index]!.magnet() }) as const;
  for (const index of [0, 1, 2]) await queue.session.add(link(index), { hold: index === 2 });
  expect(queue.running()).toBe('02');
  expect(await queue.detail(1)).toMatchObject({ state: 'queued', queuePosition: 1 });
  expect(await queue.detail(2)).toMatchObject({ state: 'metadata', queuePosition: 0 });
  queue.member(0)!.events.metadata(torrents[0]!.infoBytes);
  await until(() => queue.member(0)!.plan !== null, 'the plan');
  expect(queue.running()).toBe('012');
  // Metadata found, its turn to download may be another's.
  await queue.session.changeSettings({ maxActiveDownloads: 1 });
  queue.member(1)!.events.metadata(torrents[1]!.infoBytes);
  await until(() => queue.member(1)!.plan !== null, 'the plan');
  expect(queue.member(1)).toMatchObject({ isPaused: true });
  expect(await queue.detail(1)).toMatchObject({ state: 'queued', fileCount: 1 });
});

test('one that could not be opened takes no place', async () => {
  const queue = await QueueScene.start();
  queue.scene.storage.failing.set('open', new Error('no'));
  await queue.add(2);
  queue.scene.storage.failing.clear();
  await queue.session.add(bytesOf(torrents[2]!));
  await queue.session.add(bytesOf(torrents[3]!));
  expect(queue.running()).toBe('23');
  await queue.session.resume(hashOf(0));
  expect([queue.running(), queue.waiting()]).toEqual(['02', '3']);
});

test('added again while it is being removed, it waits until that is done', async () => {
  const queue = await QueueScene.start();
  await queue.add(1);
  const { promise, resolve } = gate();
  queue.scene.storage.holding.set('deleteTorrent', promise);
  const removed = queue.session.remove(hashOf(0), 'delete');
  const added = queue.session.add(bytesOf(torrents[0]!));
  await settled();
  expect(queue.scene.swarm.members).toHaveLength(1);
  resolve();
  expect([(await removed).ok, (await added).ok]).toEqual([true, true]);
  expect(queue.scene.swarm.members.map(({ hasLeft }) => hasLeft)).toEqual([true, false]);
  expect(queue.disk.torrents.has((await queue.detail(0)).infoHash)).toBe(true);
});

test('who waits and whose turn it is, is told; what was so before a start is not', async () => {
  const events: NewEvent[] = [];
  const disk = emptyDisk();
  const queue = await QueueScene.start(disk);
  await queue.add(3);
  const deps = fakeDeps(0);
  const settings = { ...DEFAULT_SETTINGS, maxActiveDownloads: 2 };
  const list = new TorrentList({
    storage: new FakeStorage(disk),
    swarm: new FakeSwarm(),
    deps,
    policy: { baseUrl: 'https://rill.test/', isLoopbackApp: false },
    settings: () => settings,
    emit: (event) => events.push(event),
    changed: () => undefined,
    progressed: () => undefined,
    roomWanted: async () => undefined,
    gaveUp: () => undefined,
    cooldownOf: () => null,
    isHeldBack: () => false,
    errorsOf: () => [],
  });
  deps.clock.every(1_000, () => list.beat());
  await list.restore([...disk.torrents.values()]);
  expect(events).toEqual([]);
  deps.clock.advance(70_000);
  const turns = events.filter(({ kind }) => kind === 'queue:updated');
  const told = turns.map(({ kind, infoHash, data }) => [kind, infoHash, data?.['state']]);
  expect(told).toEqual([
    ['queue:updated', hashOf(1), 'waits'],
    ['queue:updated', hashOf(2), 'runs'],
  ]);
  expect(turns[0]!.message).toContain('makes way');
});
