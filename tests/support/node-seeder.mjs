/**
 * The process of native-seeder.ts: stock webtorrent in Node, with Chromium's own WebRTC (@roamhq/wrtc) where it asks for
 * `webrtc-polyfill`, whose library has no binary in its package.
 * Arguments: paths of a `.torrent` and of its content, the tracker's address. Tells its parent once it is announced.
 */
import { readFileSync } from 'node:fs';
import { register } from 'node:module';

const [torrentPath = '', contentPath = '', tracker = ''] = process.argv.slice(2);
const module = (/** @type {string} */ source) =>
  `data:text/javascript,${encodeURIComponent(source)}`;
const WEBRTC = module(`
  import wrtc from '${import.meta.resolve('@roamhq/wrtc')}';
  export const { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate } = wrtc;
  export default wrtc;`);
const HOOKS = module(`
  export const resolve = (specifier, context, next) =>
    specifier === 'webrtc-polyfill'
      ? { url: ${JSON.stringify(WEBRTC)}, shortCircuit: true }
      : next(specifier, context);`);
register(HOOKS);
const { default: WebTorrent } = await import('webtorrent');

const content = readFileSync(contentPath);
/**
 * A chunk store over bytes already in memory.
 * @typedef {{ offset?: number, length?: number } | null} Range
 * @typedef {(error: Error | null, bytes?: Uint8Array) => void} Done
 */
class Store {
  /** @param {number} chunkLength */
  constructor(chunkLength) {
    this.chunkLength = chunkLength;
  }
  /**
   * @param {number} index
   * @param {Range | Done} range
   * @param {Done} [done]
   * @returns {void}
   */
  get(index, range, done) {
    if (typeof range === 'function') return this.get(index, null, range);
    const from = index * this.chunkLength + (range?.offset ?? 0);
    const length = range?.length ?? this.chunkLength;
    queueMicrotask(() => done?.(null, content.subarray(from, from + length)));
  }
  /**
   * @param {number} _index
   * @param {Uint8Array} _bytes
   * @param {Done} done
   */
  put(_index, _bytes, done) {
    done(new Error('a seeder is given nothing'));
  }
  /** @param {Done} [done] */
  close(done) {
    done?.(null);
  }
}

/** @type {any} */
const client = new WebTorrent({
  dht: false,
  lsd: false,
  utp: false,
  natUpnp: false,
  natPmp: false,
  tracker: { rtcConfig: { iceServers: [] } },
});
const torrent = client.add(readFileSync(torrentPath), {
  announce: [tracker],
  store: Store,
  skipVerify: true,
});
torrent.once('trackerAnnounce', () => process.send?.('announced'));
// Whoever started it has gone.
process.on('disconnect', () => process.exit(0));
