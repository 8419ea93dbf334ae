/**
 * What an addition passes before anything of it is done: its source is read (one that is asked for twice at once, once), a torrent
 * that rests is not tried for a script, and a script adds only so many in a minute.
 *
 * Invariants: a request that is refused counts for no limit, but that of an address to fetch, which counts before it is
 * fetched; a person is never limited.
 */
import type { AddSource } from '../../contract/engine.ts';
import type { Origin, RateLimitState } from '../../contract/cooldown.ts';
import { fail, ok, type Result } from '../../contract/errors.ts';
import type { InfoHash } from '../../contract/ids.ts';
import type { Settings } from '../../contract/settings.ts';
import type { Clock } from '../model/deps.ts';
import { addressToFetch, readSource, type HostPolicy, type TorrentSource } from './add-source.ts';
import type { CooldownKeeper } from './cooldown-keeper.ts';
import { RateLimit } from './rate-limit.ts';
import type { SharedCalls } from './shared-calls.ts';

export interface Admitted {
  readonly found: TorrentSource;
  /** What is left of the limits it counted for. */
  readonly rateLimits?: readonly RateLimitState[];
}

export interface AddGateDeps {
  readonly clock: Pick<Clock, 'now'>;
  readonly policy: HostPolicy;
  readonly cooldowns: Pick<CooldownKeeper, 'admit'>;
  readonly calls: SharedCalls;
  settings(): Pick<Settings, 'rateLimits'>;
  /** Whether the torrent is here: no peer has to tell what is in it. */
  isHere(infoHash: InfoHash): boolean;
}

export class AddGate {
  readonly #deps: AddGateDeps;
  readonly #adds: RateLimit;
  readonly #metadata: RateLimit;

  constructor(deps: AddGateDeps) {
    const { clock, settings } = deps;
    this.#deps = deps;
    this.#adds = new RateLimit('adds', clock, () => settings().rateLimits.addsPerMinute);
    this.#metadata = new RateLimit(
      'metadata',
      clock,
      () => settings().rateLimits.metadataPerMinute,
    );
  }

  /** Fails with the reader's reasons (add-source.ts), `cooldown` or `rate-limited`. */
  async admit(source: AddSource, origin: Origin): Promise<Result<Admitted>> {
    const address = source.kind === 'text' ? addressToFetch(source.text, this.#deps.policy) : null;
    const isFetched = address?.ok ?? false;
    if (origin === 'script' && isFetched) {
      const counted = this.#count([this.#adds]);
      if (!counted.ok) return counted;
    }
    const read = await this.#read(source, address?.ok ? address.value.href : null);
    if (!read.ok) return read;
    const found = read.value;
    const mayTry = this.#deps.cooldowns.admit(found.infoHash, origin);
    if (!mayTry.ok) return { ok: false, error: { ...mayTry.error, rateLimits: this.#states() } };
    if (origin === 'person') return ok({ found });
    const isLookedUp = !found.meta && !this.#deps.isHere(found.infoHash);
    const limits = [...(isFetched ? [] : [this.#adds]), ...(isLookedUp ? [this.#metadata] : [])];
    const counted = this.#count(limits);
    return counted.ok ? ok({ found, rateLimits: this.#states() }) : counted;
  }

  #read(source: AddSource, address: string | null): Promise<Result<TorrentSource>> {
    const { calls, policy } = this.#deps;
    const read = () => readSource(source, policy);
    return address === null ? read() : calls.share(address, read);
  }

  /** Counts the request for all of the limits, or for none. */
  #count(limits: readonly RateLimit[]): Result<null> {
    const retryAfterS = Math.max(0, ...limits.map((limit) => limit.retryAfterS()));
    if (retryAfterS > 0) {
      const message = `A script added too many torrents within a minute. Try again in ${retryAfterS} s; the limits are in the settings.`;
      return fail('rate-limited', message, { retryAfterS, rateLimits: this.#states() });
    }
    for (const limit of limits) limit.take();
    return ok(null);
  }

  #states(): readonly RateLimitState[] {
    return [this.#adds.state(), this.#metadata.state()];
  }
}
