/** Runs the swarm of one seed from its first member to an empty world, and says what was wrong about it. */
import { seededRandom } from '../support/seeded-random.ts';
import { makeContent } from './content.ts';
import { withExactHashes } from '../support/exact-hashes.ts';
import { HonestMember } from './honest-member.ts';
import { HostileMember } from './hostile-member.ts';
import { faultsAfter, faultsAtEnd } from './judge.ts';
import type { World } from './member.ts';
import { Rendezvous } from './rendezvous.ts';
import { scenarioOf, type Scenario } from './scenario.ts';
import { SimClock } from './sim-clock.ts';
import { Trace } from './trace.ts';

/** Of simulated time: by then everyone must have everything. */
const MOST_S = 2 * 3600;
/** What is under way when the last one finishes comes to its end. */
const QUIET_S = 10;
/** Whatever ends only by itself has ended. */
const DRAIN_S = 400;

export interface Outcome {
  readonly faults: readonly string[];
  readonly digest: string;
  readonly tookS: number;
  readonly receivedBytes: number;
  readonly wastedBytes: number;
  readonly failedPieces: number;
  /** Of one member by another. */
  readonly bans: number;
  readonly messages: number;
}

export function simulate(seed: number): Promise<Outcome> {
  return withExactHashes(() => run(scenarioOf(seed)));
}

async function run(scenario: Scenario): Promise<Outcome> {
  const { seed, pieceLength, lengthBytes } = scenario;
  const clock = new SimClock();
  const world: World = { clock, content: await makeContent(seed, pieceLength, lengthBytes) };
  const trace = new Trace();
  const rendezvous = new Rendezvous(world, seededRandom(seed), trace);
  const honest: HonestMember[] = [];
  const hostile: HostileMember[] = [];
  let unfinished = scenario.honest.filter(({ isSeed }) => !isSeed).length;
  scenario.honest.forEach((spec, i) =>
    clock.plan(spec.joinsAtS * 1_000, () => {
      const random = seededRandom(seed * 1_000 + i);
      const member = new HonestMember(world, i, spec, random, () => unfinished--);
      honest.push(member);
      rendezvous.join(member);
    }),
  );
  scenario.hostile.forEach((spec, i) =>
    clock.plan(spec.joinsAtS * 1_000, () => {
      const place = scenario.honest.length + i;
      const member = new HostileMember(world, place, spec, seededRandom(seed * 1_000 + place));
      hostile.push(member);
      rendezvous.join(member);
    }),
  );
  await clock.run(MOST_S, () => unfinished === 0);
  const tookS = clock.elapsedS;
  await clock.run(QUIET_S);
  const faults = faultsAtEnd(honest, hostile);
  const figures = {
    receivedBytes: sum(honest.map((member) => member.receivedBytes)),
    wastedBytes: sum(honest.map((member) => member.wastedBytes)),
    failedPieces: sum(honest.map((member) => member.failedPieces)),
    bans: sum(honest.map((member) => member.bans.list.length)),
  };
  rendezvous.close();
  await Promise.all(honest.map((member) => member.leave()));
  await clock.run(DRAIN_S);
  faults.push(...faultsAfter(honest, world, rendezvous));
  return { faults, digest: trace.digest, tookS, ...figures, messages: trace.count };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
