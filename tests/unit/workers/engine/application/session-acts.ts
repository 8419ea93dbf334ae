/**
 * What may happen to a session in the test of its rules together (session.property.test.ts), and what may have been there before:
 * drawn so that torrents are given up, rest and are cleaned away often, and somebody is there who asks for them then.
 */
import fc from 'fast-check';
import type { CooldownReason, Origin } from '../../../../../workers/contract/cooldown.ts';
import type { Settings } from '../../../../../workers/contract/settings.ts';

/** Torrents there are. */
export const COUNT = 4;

/** What was there before. */
export interface Beginning {
  readonly settings: Partial<Settings>;
  readonly library: readonly {
    readonly which: number;
    readonly keepOffline: boolean;
    readonly isForced: boolean;
    readonly isComplete: boolean;
  }[];
  readonly resting: readonly { readonly which: number; readonly reason: CooldownReason }[];
}

export interface Addition {
  readonly kind: 'add';
  readonly which: number;
  readonly origin: Origin;
  readonly hold: boolean;
  readonly keepOffline: boolean;
}

export type Act =
  | Addition
  | { readonly kind: 'resume' | 'reannounce'; readonly which: number; readonly origin: Origin }
  | {
      readonly kind:
        | 'confirm'
        | 'remove'
        | 'renew'
        | 'pause'
        | 'force'
        | 'unforce'
        | 'find'
        | 'complete'
        | 'give'
        | 'lose peers'
        | 'clear';
      readonly which: number;
    }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'set'; readonly settings: Partial<Settings> }
  | { readonly kind: 'meter'; readonly isMetered: boolean }
  | { readonly kind: 'restart' };

const which = fc.nat(COUNT - 1);
const origin = fc.constantFrom<Origin>('person', 'script', 'script');
const reason = fc.constantFrom<CooldownReason>('no-peers', 'timeout', 'connection');
const LONG = { noPeers: 300, timeout: 600, connection: 120 };
const SHORT = { noPeers: 20, timeout: 100, connection: 60 };
const few = fc.constantFrom(1, 1, 2);
const seldom = fc.constantFrom(false, false, true);
const rateLimits = fc.record({
  addsPerMinute: fc.constantFrom(1, 3),
  metadataPerMinute: fc.constantFrom(1, 2),
});

export const beginning: fc.Arbitrary<Beginning> = fc.record({
  settings: fc.record({
    cooldownS: fc.constantFrom(SHORT, LONG, LONG),
    // A download is given up after 10 s to a few minutes in which nothing comes.
    healthCheckIntervalS: fc.constantFrom(5, 30),
    maxRetries: few,
    metadataTimeoutS: fc.constantFrom(30, 180),
    cleanupIdleS: fc.constantFrom(60, 300),
    rateLimits,
    maxActiveDownloads: few,
    maxActiveMetadata: few,
    maxActiveSeeds: fc.constant(1),
  }),
  library: fc.uniqueArray(
    fc.record({ which, keepOffline: seldom, isForced: seldom, isComplete: fc.boolean() }),
    {
      selector: (one) => one.which,
    },
  ),
  resting: fc.uniqueArray(fc.record({ which, reason }), { selector: (one) => one.which }),
});

const settings = fc.oneof(
  { weight: 6, arbitrary: fc.record({ cooldownS: fc.constantFrom(SHORT, LONG) }) },
  { weight: 2, arbitrary: fc.record({ cleanupIdleS: fc.constantFrom(0, 60, 60, 300) }) },
  fc.record({ seedRatio: fc.constantFrom(0, 1, 2) }),
  fc.record({ pauseOnMetered: fc.boolean() }),
  fc.record({ metadataTimeoutS: fc.constantFrom(30, 180) }),
  fc.record({ healthCheckIntervalS: fc.constantFrom(5, 60), maxRetries: fc.constantFrom(1, 4) }),
  fc.record({ maxActiveDownloads: few, maxActiveSeeds: few, maxActiveMetadata: few }),
  fc.record({ rateLimits }),
);

export const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      which,
      origin,
      hold: seldom,
      keepOffline: seldom,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('resume' as const, 'reannounce' as const),
      which,
      origin,
    }),
  },
  {
    weight: 9,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'confirm' as const,
        'remove' as const,
        'renew' as const,
        'renew' as const,
        'pause' as const,
        'force' as const,
        'unforce' as const,
        'find' as const,
        'complete' as const,
        'complete' as const,
        'give' as const,
        'lose peers' as const,
        'clear' as const,
      ),
      which,
    }),
  },
  {
    weight: 9,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.constantFrom(1_000, 20_000, 100_000, 400_000, 400_000),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('set' as const), settings }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('meter' as const), isMetered: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
);
