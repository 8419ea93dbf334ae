/**
 * The engine's side of every Comlink port, and the only file here that imports comlink. A port serves the commands of the
 * contract and nothing else of the session. A client that goes without a word (a killed tab) is noticed by the Web Lock it
 * held, so that nobody goes on sending it snapshots.
 */
import * as Comlink from 'comlink';
import type { Origin } from '../contract/cooldown.ts';
import type { Engine } from '../contract/engine.ts';
import type { Session } from './application/session.ts';
import { SnapshotUpdates } from './application/snapshot-updates.ts';

/** Each command of the contract, so that one that is added there cannot be forgotten here. */
const COMMANDS = {
  hello: true,
  events: true,
  health: true,
  add: true,
  start: true,
  played: true,
  pause: true,
  resume: true,
  recheck: true,
  change: true,
  reannounce: true,
  moveInQueue: true,
  select: true,
  remove: true,
  torrent: true,
  torrents: true,
  statistics: true,
  torrentRates: true,
  settings: true,
  changeSettings: true,
  openStream: true,
  checkpoint: true,
  wake: true,
  exportLibrary: true,
  importLibrary: true,
  cooling: true,
  clearCooldown: true,
  dismissNotice: true,
  liftBan: true,
} satisfies Record<Exclude<keyof Engine, 'watch'>, true>;

/** Serves the session on `port`; `aliveLock` is the lock the client holds while it lives, when it holds one. What is asked over it is asked by `origin`. */
export function servePort(
  session: Session,
  port: MessagePort,
  aliveLock: string | undefined,
  origin: Origin,
): void {
  const stops: (() => void)[] = [];
  const names = Object.keys(COMMANDS) as (keyof typeof COMMANDS)[];
  const commands = Object.fromEntries(names.map((name) => [name, session[name].bind(session)]));
  const watch: Engine['watch'] = (listener) => {
    const updates = new SnapshotUpdates();
    stops.push(session.watch((snapshot) => listener(updates.next(snapshot))));
  };
  const asked: Pick<Engine, 'add' | 'change' | 'resume' | 'reannounce'> = {
    add: (source, options) => session.add(source, options, origin),
    change: (infoHash, change) => session.change(infoHash, change, origin),
    resume: (infoHash) => session.resume(infoHash, origin),
    reannounce: (infoHash) => session.reannounce(infoHash, origin),
  };
  Comlink.expose({ ...commands, ...asked, watch }, port);
  const end = () => {
    for (const stop of stops) stop();
    port.close();
  };
  // A client that lets go of its port and lives on; where the browser has this event.
  port.addEventListener('close', end);
  if (aliveLock) void navigator.locks.request(aliveLock, end);
}
