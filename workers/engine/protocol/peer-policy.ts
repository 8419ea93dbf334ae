/**
 * What happens to peers whose blocks made a piece that does not match its hash: pure. One sole source is certainly to
 * blame; among several, each gets a strike, and three strikes are enough.
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
    const strikes = sources.size === 1 ? MAX_STRIKES : strikesOf(peer) + 1;
    return { peer, strikes, isBanned: strikes >= MAX_STRIKES };
  });
}
