/** The Swarm port over webtorrent: what all torrents share, and the way to each of them (member.ts). */
import type { Ban, ConnectionsSnapshot } from '../../../contract/snapshot.ts';
import type { RtcConfig } from '../../../contract/rtc.ts';
import { DEFAULT_SETTINGS, type Settings } from '../../../contract/settings.ts';
import type { Deps } from '../../model/deps.ts';
import {
  ALL_BUFFERS,
  type JoinSpec,
  type Swarm,
  type SwarmEvents,
  type SwarmTorrent,
} from '../../model/swarm.ts';
import { BanList } from '../ban-list.ts';
import { InFlightLimits } from '../in-flight-limits.ts';
import { Reachability } from '../partition.ts';
import { RateLimits } from '../rate-limits.ts';
import { ConnectionDesk } from '../rtc-peer/connection-desk.ts';
import type { RtcPool } from '../rtc-peer/rtc-pool.ts';
import { TrackerSockets } from '../trackers/tracker-socket.ts';
import { RillClient } from './client.ts';
import { Member, type Common } from './member.ts';

export class WebtorrentSwarm implements Swarm {
  readonly #common: Common;
  readonly #rates: RateLimits;
  readonly #members = new Set<Member>();
  #settings = DEFAULT_SETTINGS;

  constructor(pool: RtcPool, deps: Deps) {
    const hasPeers = () => [...this.#members].some((member) => member.hasPeers);
    const reach = new Reachability(deps.clock, hasPeers);
    this.#rates = new RateLimits(deps.clock);
    this.#common = {
      deps,
      client: new RillClient(),
      limits: new InFlightLimits(DEFAULT_SETTINGS.maxInFlightPieces),
      bans: new BanList(() => deps.clock.now()),
      desk: new ConnectionDesk(pool, deps),
      sockets: new TrackerSockets(deps, reach),
      reach,
      settings: () => this.#settings,
    };
  }

  join(spec: JoinSpec, events: SwarmEvents): SwarmTorrent {
    const onLeft = () => this.#members.delete(member);
    const member = new Member(spec, events, this.#common, this.#rates.join(), onLeft);
    this.#members.add(member);
    return member;
  }

  connections(): ConnectionsSnapshot {
    return this.#common.desk.snapshot();
  }

  bufferBytes(): number {
    return this.#common.limits.bufferBytes;
  }

  wake(): void {
    this.#common.desk.wake();
    for (const { rtcPeers } of this.#members) rtcPeers.forgive();
    this.#common.sockets.wake();
    for (const member of this.#members) member.probe();
  }

  setOnline(isOnline: boolean): void {
    const { reach } = this.#common;
    if (isOnline === reach.isOnline) return;
    reach.isOnline = isOnline;
    for (const member of this.#members) member.setOnline(isOnline);
    if (isOnline) this.wake();
  }

  bans(): readonly Ban[] {
    return this.#common.bans.list;
  }

  liftBan(id: string): boolean {
    if (!this.#common.bans.lift(id)) return false;
    for (const member of this.#members) member.banLifted();
    return true;
  }

  configure(settings: Settings, shares = ALL_BUFFERS): void {
    this.#settings = settings;
    const isOtherWay = this.#common.desk.configure(settings.maxConnections, rtcConfigOf(settings));
    this.#common.limits.configure(settings.maxInFlightPieces, shares);
    this.#rates.set(settings);
    for (const member of this.#members) {
      member.trackerList.settle();
      if (isOtherWay) member.tryAnew();
    }
  }

  closeSurplus(): void {
    this.#common.desk.closeSurplus();
  }
}

function rtcConfigOf({ stunServers, turnServers, relayOnly }: Settings): RtcConfig {
  const stun = stunServers.length ? [{ urls: stunServers }] : [];
  const turn = turnServers.map(({ url, ...rest }) => ({ urls: [url], ...rest }));
  return { iceServers: [...stun, ...turn], relayOnly };
}
