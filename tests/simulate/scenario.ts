/** Who is in a swarm and over what: all of it drawn from the seed. */
import { between, seededRandom, type Random } from '../support/seeded-random.ts';
import { BEHAVIOURS, type HostileKind } from './behaviours.ts';
import type { HonestSpec } from './honest-member.ts';
import type { HostileSpec } from './hostile-member.ts';
import type { LineSpeeds } from './link.ts';

const MIN_MEMBERS = 2;
const MAX_MEMBERS = 50;
const KIB = 1024;
/** Bytes that all leeches of a swarm fetch together, and HAVEs that they send: what a run may cost. */
const MOST_FETCHED_BYTES = 300 * KIB * KIB;
/** Fewer, and a single liar costs more than it may. */
const MIN_PIECES = 400;
/** Less, and some blocks that nobody asked for, of each of several flooders, are felt. */
const MIN_LENGTH_BYTES = 16 * KIB * KIB;
const MOST_HAVES = 200_000;
/** A liar costs each member it meets some pieces before it is banned: of how many pieces that is to be under 2 %. */
const PIECES_PER_LIAR = 400;
/** Of hostile members, how many lie, as far as there may be more liars. */
const LIARS_SHARE = 0.3;

interface Joining {
  /** Seconds after the beginning. */
  readonly joinsAtS: number;
}

export interface Scenario {
  readonly seed: number;
  readonly pieceLength: number;
  readonly lengthBytes: number;
  readonly honest: readonly (HonestSpec & Joining)[];
  readonly hostile: readonly (HostileSpec & Joining)[];
}

export function scenarioOf(seed: number): Scenario {
  const random = seededRandom(seed * 7_919);
  // As often 5 as 20; and now and then the largest and the smallest.
  const drawn = Math.round(MIN_MEMBERS * (MAX_MEMBERS / MIN_MEMBERS) ** random());
  const count = [MAX_MEMBERS, MIN_MEMBERS][[0, 10].indexOf(seed % 20)] ?? drawn;
  // One to have it and one to want it, at least.
  const hostileCount = Math.floor((count - 2) * random() * 0.6);
  const seedCount = between(random, 1, Math.max(1, Math.floor((count - hostileCount) / 6)));
  const leechCount = count - hostileCount - seedCount;
  const degree = Math.min(count - 1, between(random, 4, 12));
  const mostPerPiece = MOST_FETCHED_BYTES / leechCount / MIN_PIECES;
  const lengths = [16, 32, 64, 128].map((kib) => kib * KIB);
  const pieceLength = draw(random, [lengths[0]!, ...lengths.filter((one) => one <= mostPerPiece)]);
  const most = Math.min(
    MOST_FETCHED_BYTES / leechCount / pieceLength,
    MOST_HAVES / leechCount / Math.min(degree, count),
    1_500,
  );
  const least = Math.max(MIN_PIECES, Math.ceil(MIN_LENGTH_BYTES / pieceLength));
  const pieceCount = Math.max(least, Math.floor(most * (0.6 + 0.4 * random())));
  const lengthBytes = pieceCount * pieceLength - between(random, 0, pieceLength - 1);
  const honest = Array.from({ length: seedCount + leechCount }, (_, i) => {
    const isSeed = i < seedCount;
    const isSlow = !isSeed && random() < 0.2;
    return {
      name: `${isSeed ? 'seed' : isSlow ? 'slow leech' : 'leech'} ${i}`,
      isSeed,
      degree,
      speeds: isSlow ? slowLine(random) : fastLine(random),
      joinsAtS: isSeed ? 0 : between(random, 0, 20),
    };
  });
  let liarsLeft = Math.floor(pieceCount / PIECES_PER_LIAR);
  const hostile = Array.from({ length: hostileCount }, (_, i) => {
    const kind = drawKind(random, liarsLeft > 0);
    if (isLiar(kind)) liarsLeft--;
    return {
      name: `${kind} ${i}`,
      kind,
      degree,
      hasFast: random() < 0.7,
      speeds: fastLine(random),
      joinsAtS: between(random, 0, 15),
    };
  });
  return { seed, pieceLength, lengthBytes, honest, hostile };
}

export function isLiar(kind: HostileKind): boolean {
  return kind.startsWith('liar');
}

/** One paragraph for a person. */
export function describe({ seed, pieceLength, lengthBytes, honest, hostile }: Scenario): string {
  const tally = new Map<string, number>();
  for (const { name } of [...honest, ...hostile]) {
    const kind = name.replace(/ \d+$/, '');
    tally.set(kind, (tally.get(kind) ?? 0) + 1);
  }
  const who = [...tally].map(([kind, times]) => `${times} × ${kind}`).join(', ');
  const pieces = Math.ceil(lengthBytes / pieceLength);
  return `seed ${seed}: ${pieces} pieces of ${pieceLength / KIB} KiB; ${who}`;
}

const KINDS = Object.keys(BEHAVIOURS) as HostileKind[];

/** Liars apart, every family is as likely as any other, whatever it has of variants. */
function drawKind(random: Random, mayLie: boolean): HostileKind {
  if (random() < LIARS_SHARE && mayLie) return draw(random, KINDS.filter(isLiar));
  const families = new Map<string, HostileKind[]>();
  for (const kind of KINDS) {
    if (isLiar(kind)) continue;
    const family = kind.split(/,| of /)[0]!;
    families.set(family, [...(families.get(family) ?? []), kind]);
  }
  return draw(random, draw(random, [...families.values()]));
}

function draw<T>(random: Random, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)]!;
}

function fastLine(random: Random): LineSpeeds {
  const upBps = between(random, 250, 2_500) * 1_000;
  return { upBps, downBps: upBps * between(random, 1, 8) };
}

function slowLine(random: Random): LineSpeeds {
  const upBps = between(random, 20, 80) * 1_000;
  return { upBps, downBps: upBps * between(random, 2, 6) };
}
