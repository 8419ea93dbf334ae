/** webtorrent's client with everything off that a page cannot have or that Rill does itself: it keeps peers and wires. */
import WebTorrent from 'webtorrent';
import type Torrent from 'webtorrent/lib/torrent.js';

export class RillClient extends WebTorrent {
  constructor() {
    super({ dht: false, lsd: false, utPex: false, natUpnp: false, natPmp: false, tracker: false });
    this.setMaxListeners(0);
    // An error of one torrent must never end the client: without a listener it would throw in the middle of a wire.
    this.on('error', () => undefined);
  }

  /** `WebTorrent.add` constructs its own Torrent class; ours are made by their caller and entered here. */
  enter(torrent: Torrent): void {
    this.torrents.push(torrent);
  }
}
