/** What hostile and merely bad members do with a connection. Each is a few lines: what they may cost is the engine's affair. */
import type { Performance } from './hostile-member.ts';

export type HostileKind = keyof typeof BEHAVIOURS;

export const BEHAVIOURS = {
  /** Every block is wrong. */
  'liar, always': (peer) => lies(peer, 1),
  /** One block in three is wrong: most pieces it has a part in fail, with others’ parts in them. */
  'liar, often': (peer) => lies(peer, 1 / 3),
  /** Wrong now and then, so as not to be noticed. */
  'liar, seldom': (peer) => lies(peer, 1 / 20),

  /** Lets itself be asked, and never gives anything. */
  'snubber, mute': (peer) => snubs(peer, 0),
  /** Gives some blocks first. */
  'snubber, tired': (peer) => snubs(peer, Math.floor(peer.range(5, 60))),
  /** Gives one block every 20 s: never silent for long enough to be snubbed. */
  trickler(peer) {
    let freeInS = 0;
    opens(peer);
    peer.onRequest((respond, ...block) => {
      freeInS += 20;
      peer.after(freeInS, () => {
        freeInS -= 20;
        respond(null, peer.truth(...block));
      });
    });
  },

  /** Unchokes for some seconds and chokes for some. */
  'choker, moody': (peer) => {
    opens(peer);
    peer.onRequest((respond, ...block) => respond(null, peer.truth(...block)));
    peer.every(
      () => peer.range(2, 12),
      () => (peer.wire.amChoking ? peer.wire.unchoke() : peer.wire.choke()),
    );
  },
  /** Takes requests, and chokes before it has to answer any. */
  'choker, teasing': (peer) => {
    opens(peer);
    peer.every(
      () => peer.range(1, 5),
      () => (peer.wire.amChoking ? peer.wire.unchoke() : peer.wire.choke()),
    );
  },
  /** Wants everything and gives nothing. */
  'free rider': (peer) => {
    peer.claimNothing();
    peer.wire.interested();
    takes(peer, 8);
  },

  /** Gives, and goes in the middle of it; it is back when somebody finds it again. */
  'vanisher, closing': (peer) => {
    gives(peer);
    peer.after(peer.range(3, 40), () => peer.wire.destroy());
  },
  /** Its machine goes to sleep: for half a minute nobody knows. */
  'vanisher, silent': (peer) => {
    gives(peer);
    peer.after(peer.range(3, 40), () => peer.link.cut());
  },

  /** Asks for far more than anyone can give. */
  'flood of requests': (peer) => {
    peer.claimNothing();
    peer.wire.interested();
    peer.every(
      () => 6,
      () => {
        for (let i = 0; i < 800; i++) {
          const index = Math.floor(peer.random() * (peer.pieceCount - 1));
          peer.wire._message(6, [index, 0, 16_384], null);
        }
      },
    );
  },
  /** Sends blocks that nobody asked for, right or wrong. */
  'flood of blocks': (peer) => {
    peer.claimAll();
    peer.every(
      () => 0.5,
      () => {
        const index = Math.floor(peer.random() * (peer.pieceCount - 1));
        peer.wire._message(7, [index, 0], peer.truth(index, 0, 16_384));
      },
    );
  },
  /** Gives what it is asked for, twice. */
  'flood of doubles': (peer) => {
    opens(peer);
    peer.onRequest((respond, index, offset, length) => {
      respond(null, peer.truth(index, offset, length));
      peer.wire._message(7, [index, offset], peer.truth(index, offset, length));
    });
  },
  /** Refuses all it is asked for, at once. */
  'flood of refusals': (peer) => {
    opens(peer);
    peer.onRequest((respond) => respond(new Error('no')));
  },
  /** Tells of pieces one by one, in bursts, and of nothing at all. */
  'flood of small talk': (peer) => {
    peer.claimNothing();
    peer.every(
      () => 0.5,
      () => {
        for (let i = 0; i < 100; i++) {
          const index = Math.floor(peer.random() * peer.pieceCount);
          const talk = [
            () => peer.wire.have(index),
            () => peer.wire._message(99, [index], null),
            () => peer.shakeHands(index),
          ];
          talk[Math.floor(peer.random() * talk.length)]!();
        }
      },
    );
  },
} satisfies Record<string, (peer: Performance) => void>;

/** Everything is to be had of it. */
function opens(peer: Performance): void {
  peer.claimAll();
  peer.wire.unchoke();
}

function gives(peer: Performance): void {
  opens(peer);
  peer.onRequest((respond, ...block) => respond(null, peer.truth(...block)));
}

function lies(peer: Performance, share: number): void {
  opens(peer);
  peer.onRequest((respond, ...block) =>
    respond(null, peer.random() < share ? peer.lie(...block) : peer.truth(...block)),
  );
}

function snubs(peer: Performance, after: number): void {
  let given = 0;
  opens(peer);
  peer.onRequest((respond, ...block) => {
    if (given++ < after) respond(null, peer.truth(...block));
  });
}

/** Keeps so many requests for anything under way. */
function takes(peer: Performance, count: number): void {
  const { wire } = peer;
  const ask = () => {
    while (!wire.peerChoking && wire.requests.length < count) {
      const index = Math.floor(peer.random() * peer.pieceCount);
      if (!wire.peerPieces.get(index)) return;
      wire.request(index, 0, 16_384, () => undefined);
    }
  };
  peer.every(() => 0.5, ask);
}
