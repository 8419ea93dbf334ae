/**
 * The WebRTC peers of one torrent, between the connection desk and webtorrent: how many there may be, who comes in, and
 * which are of no more use. webtorrent gets open connections only.
 */
import type Wire from 'bittorrent-protocol';
import type { Deps } from '../../model/deps.ts';
import type { ConnectionDesk } from '../rtc-peer/connection-desk.ts';
import type { ConnectionHolder, ConnectionSeat } from '../rtc-peer/connection-seat.ts';
import { PeerDoor, type DoorHost } from '../rtc-peer/peer-door.ts';
import { RtcConnection } from '../rtc-peer/rtc-connection.ts';
import { NO_WORTH, type Worth } from '../surplus.ts';
import type { RillTorrent } from './torrent.ts';

export class TorrentPeers implements ConnectionHolder, DoorHost {
  readonly source: ConnectionSeat;
  #maxConnections = 0;
  readonly #door: PeerDoor;

  constructor(
    readonly torrent: RillTorrent,
    readonly peerId: string,
    readonly desk: ConnectionDesk,
    /** Settings.maxConnectionsPerTorrent, as it is now. */
    readonly limitForAll: () => number,
    deps: Deps,
  ) {
    this.source = desk.seat(this);
    this.#door = new PeerDoor(this, desk.history, deps);
  }

  /** Whether one more would be of use: redundant ones give way to it. */
  get wantsMore(): boolean {
    const useful = this.#connections().filter((connection) => !this.isRedundant(connection));
    return useful.length + this.#door.connecting < this.connectionLimit();
  }

  wouldTake(peerId: string): boolean {
    return this.#door.wouldTake(peerId);
  }

  add(connection: RtcConnection): boolean {
    if (!this.torrent.destroyed && !this.torrent.paused) return this.#door.enter(connection);
    connection.destroy();
    return false;
  }

  /** The torrent's own limit (`TorrentLimits.maxConnections`); 0: as for all. */
  limit(maxConnections: number): void {
    this.#maxConnections = maxConnections;
    this.desk.closeSurplus(this.source);
    this.placesChanged();
  }

  /** One that is open may be redundant now, or no longer. */
  placesChanged(): void {
    this.desk.ordered();
  }

  /** Lets go of all who are not in yet. */
  pause(): void {
    this.#door.close();
  }

  /** Peers that were lost or failed may come at once. */
  forgive(): void {
    this.#door.forgive();
  }

  leave(): void {
    this.#door.close();
    this.source.leave();
  }

  /** Where the peer is: `address`, `address:port` or `[address]:port`; `null` when the browser does not tell. */
  addressOf(wire: Wire): string | null {
    const connection = this.#connections().find(({ id }) => this.#wireOf(id) === wire);
    if (!connection?.remoteAddress) return null;
    const { remoteAddress: address, remotePort: port } = connection;
    if (port === null) return address;
    return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  }

  connectionLimit(): number {
    return this.#maxConnections || this.limitForAll();
  }

  isRedundant({ id }: RtcConnection): boolean {
    return this.torrent.isRedundant(this.#wireOf(id));
  }

  worthOf({ id }: RtcConnection): Worth {
    const wire = this.#wireOf(id);
    if (!wire) return NO_WORTH;
    const session = [...this.torrent.sessions].find((one) => one.wire === wire);
    return {
      isSnubbed: session?.isSnubbed ?? false,
      downloadBps: wire.downloadSpeed(),
      uploadBps: wire.uploadSpeed(),
      movedBytes: wire.downloaded + wire.uploaded,
    };
  }

  openWith(peerId: string): RtcConnection | null {
    const conn = this.torrent._peers.get(peerId)?.conn;
    return conn instanceof RtcConnection ? conn : null;
  }

  adopt(connection: RtcConnection): void {
    if (this.torrent.destroyed) return connection.destroy();
    this.torrent.removePeer(connection.id);
    this.torrent.admit(connection);
  }

  #connections(): RtcConnection[] {
    return [...this.torrent._peers.keys()].flatMap((id) => this.openWith(id) ?? []);
  }

  #wireOf(peerId: string): Wire | null {
    return this.torrent._peers.get(peerId)?.wire ?? null;
  }
}
