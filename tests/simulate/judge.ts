/** What must hold for every seed, whatever its swarm is made of. A fault is a sentence that names who and how much. */
import type { HonestMember } from './honest-member.ts';
import type { HostileMember } from './hostile-member.ts';
import type { World } from './member.ts';
import type { Rendezvous } from './rendezvous.ts';

const MOST_WASTED_SHARE = 0.02;
/** Pieces a liar may spoil for one member before that member must have banned it. */
const MOST_SPOILED = 3;

/** When all have finished, or time is up, and what was on its way has arrived. */
export function faultsAtEnd(
  honest: readonly HonestMember[],
  hostile: readonly HostileMember[],
): string[] {
  return [
    ...honest.flatMap(unfinished),
    ...honest.flatMap((member) => member.faults.map((fault) => `${member.name}: ${fault}`)),
    ...honest.flatMap(miscounted),
    ...wasted(honest),
    ...honest.flatMap((member) => stillBusy(member)),
    ...honest.flatMap((member) => unpunished(member, hostile)),
    ...honest.flatMap((member) => punishedUnjustly(member, honest)),
  ];
}

/** When everybody has left. */
export function faultsAfter(
  honest: readonly HonestMember[],
  { clock }: World,
  { openLinks }: Rendezvous,
): string[] {
  const faults = honest.flatMap(({ name, torrent, limits }) => [
    ...is(`${name}: sessions after the end`, [...torrent.sessions].length),
    ...is(`${name}: wires after the end`, torrent.wires.length),
    ...is(`${name}: pieces in flight after the end`, limits.inFlightPieces),
    ...is(`${name}: bytes in flight after the end`, limits.inFlightBytes),
  ]);
  return [
    ...faults,
    ...is('timers after the end', clock.pendingTimers),
    ...is('links after the end', openLinks),
  ];
}

function unfinished({ name, have, finishedAtS }: HonestMember): string[] {
  return finishedAtS === null ? [`${name} did not finish: ${have.count} of ${have.length}`] : [];
}

/** Whatever came beyond what was needed is waste, and the torrent must say so to the byte. */
function miscounted(member: HonestMember): string[] {
  if (member.finishedAtS === null) return [];
  const { name, receivedBytes, neededBytes, wastedBytes } = member;
  const wasteBytes = receivedBytes - neededBytes;
  return wasteBytes === wastedBytes
    ? []
    : [`${name} wasted ${wasteBytes} bytes and says ${wastedBytes}`];
}

function wasted(honest: readonly HonestMember[]): string[] {
  let receivedBytes = 0;
  let neededBytes = 0;
  for (const member of honest) {
    receivedBytes += member.receivedBytes;
    neededBytes += member.neededBytes;
  }
  const share = (receivedBytes - neededBytes) / receivedBytes;
  return share < MOST_WASTED_SHARE ? [] : [`${(share * 100).toFixed(2)} % of all bytes wasted`];
}

function stillBusy({ name, torrent, limits, finishedAtS }: HonestMember): string[] {
  if (finishedAtS === null) return [];
  const requests = [...torrent.sessions].reduce((sum, { wire }) => sum + wire.requests.length, 0);
  return [
    ...is(`${name}: requests under way though finished`, requests),
    ...is(`${name}: pieces in flight though finished`, limits.inFlightPieces),
    ...is(`${name}: bytes in flight though finished`, limits.inFlightBytes),
  ];
}

function unpunished(member: HonestMember, hostile: readonly HostileMember[]): string[] {
  return hostile.flatMap((liar) => {
    const spoiled = member.spoiledBy.get(liar.id) ?? 0;
    return spoiled >= MOST_SPOILED && !member.isBanned(liar.id)
      ? [`${member.name} had ${spoiled} pieces spoiled by ${liar.name} and did not ban it`]
      : [];
  });
}

function punishedUnjustly(member: HonestMember, honest: readonly HonestMember[]): string[] {
  return honest
    .filter((other) => other !== member && member.isBanned(other.id))
    .map((other) => `${member.name} banned ${other.name}, which never lied`);
}

function is(what: string, count: number): string[] {
  return count === 0 ? [] : [`${what}: ${count}`];
}
