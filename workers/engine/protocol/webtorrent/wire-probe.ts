/**
 * Which wires outlived a cut. ICE may take half a minute to notice that a connection is dead, and as long as it stands
 * nobody can connect to the same peer anew. So each peer is asked for something small once the network is back, and whoever
 * says nothing at all within `ANSWER_MS` is disconnected.
 *
 * Invariant: a wire is only ended for silence when its peer owed an answer: it speaks the fast extension (BEP 6: what it
 * does not give it rejects), or it has unchoked us and has what we asked for.
 */
import type Wire from 'bittorrent-protocol';
import type { Clock } from '../../model/deps.ts';
import { MESSAGE } from './message-rules.ts';
import type { WireSession } from './wire-session.ts';

export const ANSWER_MS = 4_000;

export interface ProbedTorrent {
  sessions(): Iterable<WireSession>;
  isPaused(): boolean;
  /** Dead wires were closed: what they led to may be found by another way. */
  onDead(): void;
}

export class WireProbe {
  #cancel: (() => void) | null = null;

  constructor(
    readonly clock: Pick<Clock, 'after'>,
    readonly torrent: ProbedTorrent,
  ) {}

  begin(): void {
    if (this.#cancel) return;
    const silent = new Set<Wire>();
    for (const session of this.torrent.sessions()) {
      const { wire } = session;
      if (!owesAnswer(session, this.torrent.isPaused())) continue;
      silent.add(wire);
      onceHeard(wire, () => silent.delete(wire));
    }
    if (silent.size === 0) return;
    this.#cancel = this.clock.after(ANSWER_MS, () => {
      this.#cancel = null;
      if (silent.size === 0) return;
      for (const wire of silent) wire.destroy();
      this.torrent.onDead();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}

/** Asks the peer for one byte, when it must answer that. A paused torrent asks nobody who might give it. */
function owesAnswer({ wire, pieces }: WireSession, isPaused: boolean): boolean {
  if (wire.type !== 'webrtc' || (isPaused && !wire.peerChoking)) return false;
  let index = 0;
  while (index < pieces.length && !pieces.has(index)) index++;
  const mayHave = index < pieces.length;
  if (!wire.hasFast && (wire.peerChoking || !mayHave)) return false;
  wire._message(MESSAGE.request, [mayHave ? index : 0, 0, 1], null);
  return true;
}

/** Calls back when the next bytes come, whatever they are. */
function onceHeard(wire: Wire, heard: () => void): void {
  const write = wire._write;
  wire._write = function (bytes, callback) {
    wire._write = write;
    heard();
    write.call(wire, bytes, callback);
  };
}
