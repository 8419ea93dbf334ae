/** What a page of the connections bench offers, and how the two sides of a run signal. */

/** `rill`: the page's RtcHost, a pool in a worker and transferred channels. The others: RTCPeerConnections and nothing else. */
export type Kind = 'rill' | 'bare' | 'bare-own-certificates';

export interface SideJob {
  readonly kind: Kind;
  /** The one side offers, the other answers. */
  readonly role: 'offers' | 'answers';
  readonly connections: number;
}

export interface SideRun {
  /** From the first offer to the last channel that opened; of the offering side. */
  readonly ms: number;
  /** Channels that are open at the end. */
  readonly open: number;
}

/** `are-you-there` of the offering side and `here` of the other begin a run: what is sent before both listen is lost. */
type Signal =
  | { readonly type: 'offer' | 'answer'; readonly n: number; readonly sdp: string }
  | { readonly type: 'are-you-there' | 'here' };

/** Handshakes that are under way at any moment. */
const AT_ONCE = 16;

/** One side's connections, however they are made. */
export interface Connector {
  /** Makes a connection and resolves with the offer. */
  offer(n: number): Promise<string>;
  answer(n: number, sdp: string): Promise<string>;
  accept(n: number, sdp: string): void;
  onOpen: (n: number) => void;
  countOpen(): number;
}

/** Resolves when all connections of this side are open. */
export function runSide({ role, connections }: SideJob, connector: Connector): Promise<SideRun> {
  const channel = new BroadcastChannel('signals');
  const post = (signal: Signal) => channel.postMessage(signal);
  let startedMs = NaN;
  let begun = 0;
  let opened = 0;
  const begin = async () => {
    const n = begun++;
    if (n < connections) post({ n, type: 'offer', sdp: await connector.offer(n) });
  };
  return new Promise((resolve) => {
    connector.onOpen = () => {
      if (++opened === connections) {
        const ms = performance.now() - startedMs;
        // A turn later, so that what closed in between is seen.
        setTimeout(() => resolve({ ms, open: connector.countOpen() }), 100);
      } else if (role === 'offers') void begin();
    };
    channel.onmessage = ({ data }: MessageEvent<Signal>) => {
      if (role === 'answers') {
        if (data.type === 'are-you-there') post({ type: 'here' });
        if (data.type !== 'offer') return;
        const { n } = data;
        void connector.answer(n, data.sdp).then((sdp) => post({ type: 'answer', n, sdp }));
      } else if (data.type === 'answer') connector.accept(data.n, data.sdp);
      else if (data.type === 'here' && begun === 0) {
        startedMs = performance.now();
        for (let n = 0; n < AT_ONCE; n++) void begin();
      }
    };
    // Whoever listens last is heard.
    post(role === 'offers' ? { type: 'are-you-there' } : { type: 'here' });
  });
}
