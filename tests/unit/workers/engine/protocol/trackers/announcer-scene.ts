/** One torrent at a tracker: fake sockets, a page that makes connections, and a torrent that takes them. */
import { toInfoHash } from '../../../../../../workers/contract/ids.ts';
import { ConnectionDesk } from '../../../../../../workers/engine/protocol/rtc-peer/connection-desk.ts';
import type { RtcConnection } from '../../../../../../workers/engine/protocol/rtc-peer/rtc-connection.ts';
import {
  Announcer,
  type AnnouncerHost,
  type Progress,
} from '../../../../../../workers/engine/protocol/trackers/announcer.ts';
import { NO_WORTH } from '../../../../../../workers/engine/protocol/surplus.ts';
import { hexToBinary } from '../../../../../../workers/engine/protocol/trackers/tracker-message.ts';
import { TrackerSockets } from '../../../../../../workers/engine/protocol/trackers/tracker-socket.ts';
import { fakeDeps, settled } from '../../../../../support/fake-clock.ts';
import { FakeRtcHost } from '../../../../../support/fake-rtc-host.ts';
import { FakeWebSocket } from '../../../../../support/fake-web-socket.ts';

export const TRACKER = 'wss://tracker.test/';
export const REMOTE = 'ee'.repeat(20);
const HASH = toInfoHash('ab'.repeat(20))!;

export class FakeTorrent implements AnnouncerHost {
  readonly peerId = 'cc'.repeat(20);
  readonly peers: RtcConnection[] = [];
  isWanting = true;
  /** Peers that are not to be taken. */
  readonly unwelcome = new Set<string>();
  left: Progress = { uploadedBytes: 1, downloadedBytes: 2, leftBytes: 3 };

  constructor(readonly infoHash = HASH) {}

  progress(): Progress {
    return this.left;
  }

  wantsPeers(): boolean {
    return this.isWanting;
  }

  isAlone(): boolean {
    return this.peers.length === 0;
  }

  trackersBack = 0;

  onTrackerBack(): void {
    this.trackersBack++;
  }

  wouldTake(peerId: string): boolean {
    return !this.unwelcome.has(peerId);
  }

  addPeer(connection: RtcConnection): boolean {
    if (!this.wouldTake(connection.id)) {
      connection.destroy();
      return false;
    }
    this.peers.push(connection);
    return true;
  }
}

export class Scene {
  readonly deps = fakeDeps(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7);
  readonly rtc = new FakeRtcHost();
  readonly desk = new ConnectionDesk(this.rtc.pool, this.deps);
  readonly seat = this.desk.seat({
    connectionLimit: () => 50,
    isRedundant: () => false,
    worthOf: () => NO_WORTH,
  });
  readonly sockets = new TrackerSockets(this.deps);
  readonly torrent = new FakeTorrent();

  announcer(url = TRACKER): Announcer {
    const note = () => undefined;
    return new Announcer(url, note, this.torrent, this.sockets, this.seat, this.deps);
  }

  /** An announcer whose tracker is open and has heard from it. */
  async opened(): Promise<Announcer> {
    const announcer = this.announcer();
    await this.open();
    return announcer;
  }

  async open(url = TRACKER): Promise<void> {
    FakeWebSocket.newest(url).open();
    await settled();
  }

  /** What the tracker has heard since it was opened last. */
  sent(url = TRACKER): Sent[] {
    return FakeWebSocket.newest(url).sent as unknown as Sent[];
  }

  /** A message of the tracker about the torrent. */
  async say(fields: object, url = TRACKER): Promise<void> {
    const about = { action: 'announce', info_hash: hexToBinary(this.torrent.infoHash) };
    FakeWebSocket.newest(url).say({ ...about, ...fields });
    await settled();
  }

  async advance(ms: number): Promise<void> {
    this.deps.clock.advance(ms);
    await settled();
  }
}

export interface Sent {
  readonly event?: string;
  readonly offers?: readonly {
    readonly offer_id: string;
    readonly offer: { readonly type: string; readonly sdp: string };
  }[];
  readonly [field: string]: unknown;
}

/** An answer of the remote peer to the offer. */
export function answerTo(offerId: string, peerId = REMOTE): object {
  return {
    peer_id: hexToBinary(peerId),
    offer_id: offerId,
    answer: { type: 'answer', sdp: 'their answer' },
  };
}

/** An offer of the remote peer. */
export function offerFrom(peerId: string): object {
  return {
    peer_id: hexToBinary(peerId),
    offer_id: 'an offer of 20 chars',
    offer: { type: 'offer', sdp: 'their offer' },
  };
}
