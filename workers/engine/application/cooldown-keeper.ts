/**
 * Puts cooldowns to work: a torrent that rests is in no swarm, one whose time is over goes on by itself, and what is known of
 * failures is there after a restart. Also gives up on metadata that nobody gives.
 */
import type { CoolingTorrent, CooldownReason, Origin } from '../../contract/cooldown.ts';
import { ok, type Result } from '../../contract/errors.ts';
import type { NewEvent } from '../../contract/events.ts';
import type { InfoHash } from '../../contract/ids.ts';
import type { Settings } from '../../contract/settings.ts';
import type { CooldownStore } from '../model/cooldown-store.ts';
import type { Clock } from '../model/deps.ts';
import type { Swarm } from '../model/swarm.ts';
import { checkInfoHash } from './commands.ts';
import { Cooldowns, type Cooling } from './cooldown.ts';
import { cooldownError, whatFailed } from './cooldown-words.ts';
import { MetadataPatience } from './metadata-patience.ts';
import type { TorrentTask } from './torrent.ts';

const BEAT_MS = 1_000;

export interface CooldownKeeperDeps {
  readonly clock: Clock;
  readonly store: CooldownStore;
  readonly swarm: Pick<Swarm, 'connections'>;
  settings(): Pick<Settings, 'cooldownS' | 'metadataTimeoutS'>;
  tasks(): readonly TorrentTask[];
  task(infoHash: InfoHash): TorrentTask | undefined;
  /** A person only wanted to look inside, and nobody could tell: it is not kept. */
  drop(task: TorrentTask): void;
  emit(event: NewEvent): void;
  /** Something a snapshot shows has changed. */
  changed(): void;
}

export class CooldownKeeper {
  readonly #deps: CooldownKeeperDeps;
  readonly #cooldowns: Cooldowns;
  readonly #patience = new MetadataPatience();

  constructor(deps: CooldownKeeperDeps) {
    this.#deps = deps;
    this.#cooldowns = new Cooldowns({
      clock: deps.clock,
      durationsS: () => deps.settings().cooldownS,
      nameOf: (infoHash) => deps.task(infoHash)?.record.name ?? infoHash,
      changed: (infoHash, cooling) => this.#changed(infoHash, cooling),
    });
  }

  /** Before any torrent is restored: those that rest do not begin. */
  async restore(): Promise<void> {
    this.#cooldowns.restore(await this.#deps.store.read());
    this.#deps.clock.every(BEAT_MS, () => this.#beat());
  }

  /** All that can be tried was: it rests from now on. */
  begin(infoHash: InfoHash, reason: CooldownReason): void {
    this.#cooldowns.begin(infoHash, reason);
  }

  /** `null`: it does not rest. */
  of(infoHash: InfoHash): Cooling | null {
    return this.#cooldowns.of(infoHash);
  }

  /** Somebody wants it to be tried now: a person ends its rest, anybody else is told how long it takes. */
  admit(infoHash: InfoHash, origin: Origin): Result<null> {
    if (origin === 'person') this.#forget(infoHash);
    const cooling = this.of(infoHash);
    return cooling ? { ok: false, error: cooldownError(cooling) } : ok(null);
  }

  list(): readonly CoolingTorrent[] {
    return this.#cooldowns.list().map(({ infoHash, name, reason, attempts, ...time }) => ({
      infoHash,
      name: this.#deps.task(infoHash)?.record.name ?? name,
      reason,
      retryAfterS: time.secondsLeft,
      attempts,
      since: new Date(time.sinceMs).toISOString(),
    }));
  }

  /** Of one torrent, named from outside, or of all. */
  clear(infoHash?: string): Result<null> {
    if (infoHash === undefined) {
      this.#cooldowns.clearAll();
      this.#save();
      return ok(null);
    }
    const checked = checkInfoHash(infoHash);
    if (!checked.ok) return checked;
    this.#forget(checked.value);
    return ok(null);
  }

  /** Also of one that does not rest any more its failures were kept. */
  #forget(infoHash: InfoHash): void {
    if (this.#cooldowns.clear(infoHash)) this.#save();
  }

  #save(): void {
    void this.#deps.store.save(this.#cooldowns.records());
  }

  #beat(): void {
    this.#cooldowns.expire();
    const { clock, swarm, settings, tasks } = this.#deps;
    const looking = tasks().flatMap((task) => {
      const stats = task.isLookingInside ? task.member?.stats() : undefined;
      if (!stats) return [];
      const { peers, isCutOff, metadata } = stats;
      const receivedBytes = metadata?.receivedBytes ?? 0;
      // Nobody is asked while it waits for its turn.
      const isIdle = isCutOff || task.obstacle !== null;
      return { infoHash: task.infoHash, peers, receivedBytes, isIdle };
    });
    const timeoutMs = settings().metadataTimeoutS * 1000;
    const isUnreachable = looking.length > 0 && swarm.connections().problem !== null;
    const givenUp = this.#patience.look(clock.now(), looking, timeoutMs, isUnreachable);
    for (const { infoHash, reason } of givenUp) this.begin(infoHash, reason);
  }

  #changed(infoHash: InfoHash, cooling: Cooling | null): void {
    const { task: taskOf, drop, emit, changed } = this.#deps;
    this.#save();
    emit({ kind: 'torrent:cooldown', infoHash, ...wordsOf(cooling) });
    const task = taskOf(infoHash);
    if (cooling && task?.isHeld) drop(task);
    else task?.heedCooldown();
    changed();
  }
}

function wordsOf(cooling: Cooling | null): Pick<NewEvent, 'message' | 'data'> {
  if (!cooling) return { message: 'It may be tried again.', data: { isResting: false } };
  const { reason, attempts, secondsLeft } = cooling;
  return {
    message: `${whatFailed(cooling)} It rests for ${secondsLeft} s.`,
    data: { isResting: true, reason, attempts, retryAfterS: secondsLeft },
  };
}
