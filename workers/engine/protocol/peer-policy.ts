/**
 * What happens to peers whose blocks made a piece that does not match its hash: pure. One sole source is certainly to
 * blame. Among several each gets a strike, which bans nobody: a liar shares pieces with everyone, so strikes fall on the
 * honest as fast. The piece is asked of one peer alone the next time (block-scheduler.ts), and then it is certain.
 */
export const MAX_STRIKES = 3;

export interface Verdict {
  readonly peer: string;
  readonly strikes: number;
  readonly isBanned: boolean;
}

export function judgeHashFailure(
  sources: ReadonlySet<string>,
  strikesOf: (peer: string) => number,
): Verdict[] {
  return [...sources].map((peer) => {
    const isBanned = sources.size === 1;
    return { peer, strikes: isBanned ? MAX_STRIKES : strikesOf(peer) + 1, isBanned };
  });
}
