/** A session over fake ports, restarted at will on the same disk. */
import type { EngineBefore } from '../../../../../workers/contract/engine.ts';
import { toInfoHash } from '../../../../../workers/contract/ids.ts';
import type { EngineSnapshot, TorrentDetail } from '../../../../../workers/contract/snapshot.ts';
import type { LibraryState } from '../../../../../workers/engine/model/catalogue.ts';
import { Session } from '../../../../../workers/engine/application/session.ts';
import { fakeDeps } from '../../../../support/fake-clock.ts';
import { emptyDisk, FakeStorage, type Disk } from '../../../../support/fake-storage.ts';
import { FakeSwarm, type FakeMember } from '../../../../support/fake-swarm.ts';
import { makeTorrent } from '../../../../support/torrents.ts';

/** Two files of three pieces each, in one extent. */
export const made = makeTorrent({
  name: 'album',
  files: [
    { path: 'a.mp3', content: 3 * 16_384 },
    { path: 'b.mp4', content: 3 * 16_384 },
  ],
  trackers: ['wss://own.test/'],
});
export const hash = toInfoHash(made.infoHash)!;
export const { infoBytes } = made;
export const file = { kind: 'torrent-file', bytes: made.torrentBytes } as const;
export const magnet = { kind: 'text', text: made.magnet() } as const;

/** A promise that the test ends when it likes. */
export function gate(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let open: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, resolve: () => open() };
}

/** What a scene may begin with otherwise. */
interface Preparation extends EngineBefore {
  readonly swarm?: FakeSwarm;
  readonly prepare?: (scene: Scene) => void;
}

export class Scene {
  readonly deps = fakeDeps(0);
  readonly storage: FakeStorage;
  session!: Session;

  private constructor(
    disk: Disk,
    readonly swarm: FakeSwarm,
  ) {
    this.storage = new FakeStorage(disk);
  }

  /** Starts an engine on what an earlier one left on disk. */
  static async start(
    disk: Disk = emptyDisk(),
    notices: LibraryState['notices'] = [],
    { swarm = new FakeSwarm(), prepare = () => {}, ...before }: Preparation = {},
  ): Promise<Scene> {
    const scene = new Scene(disk, swarm);
    prepare(scene);
    scene.storage.notices = notices;
    scene.session = await Session.start({
      storage: scene.storage,
      swarm: scene.swarm,
      deps: scene.deps,
      version: 'build-1',
      policy: { baseUrl: 'https://rill.test/app/', isLoopbackApp: false },
      checkpointIntervalS: 5,
      cleanupPeriodS: 300,
      ...before,
    });
    return scene;
  }

  get member(): FakeMember {
    return this.swarm.member(made.infoHash)!;
  }

  detail(): TorrentDetail {
    const found = this.session.torrent(made.infoHash);
    if (!found.ok) throw new Error(found.error.message);
    return found.value;
  }

  otherContent: Uint8Array = new Uint8Array(0);

  /** Adds another torrent of one file, of this many pieces of 1 MiB; returns its info hash. */
  async addOther(pieces = 1): Promise<string> {
    const other = makeTorrent({ name: 'other', files: pieces * 2 ** 20, pieceLength: 2 ** 20 });
    this.otherContent = other.content;
    await this.session.add({ kind: 'torrent-file', bytes: other.torrentBytes });
    return other.infoHash;
  }

  snapshot(): Promise<EngineSnapshot> {
    return new Promise((resolve) => {
      const stop = this.session.watch((snapshot) => {
        resolve(snapshot);
        queueMicrotask(() => stop());
      });
    });
  }

  /** Pieces arrive from a peer. */
  deliver(...indexes: readonly number[]): Promise<void> {
    return this.member.deliver(made.content, ...indexes);
  }

  open(fileIndex: number, startByte = 0, endByte = 1) {
    const { port1, port2 } = new MessageChannel();
    const request = { infoHash: made.infoHash, fileIndex, startByte, endByte };
    return { port: port1, result: this.session.openStream(request, port2) };
  }
}
