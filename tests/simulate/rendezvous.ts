/**
 * Brings members together as a tracker does: now and then each hears of a few others and connects to those it has no
 * connection with, up to its degree. Who was dropped waits twice as long each time before the same two try again.
 */
import { between, type Random } from '../support/seeded-random.ts';
import { Link } from './link.ts';
import type { Member, World } from './member.ts';
import type { Trace } from './trace.ts';

const ANNOUNCE_S = [5, 15] as const;
const FIRST_BACK_OFF_S = 5;
/** Nobody takes more connections than this many times what it looks for. */
const MOST_OF_DEGREE = 2;

export class Rendezvous {
  readonly #members: Member[] = [];
  readonly #links = new Map<Member, Map<Member, Link>>();
  /** By both names: when the two may try again, and how often they were parted. */
  readonly #parted = new Map<string, { readonly againAtS: number; readonly times: number }>();
  #connections = 0;
  #isClosed = false;

  constructor(
    readonly world: World,
    readonly random: Random,
    readonly trace: Trace,
  ) {}

  get openLinks(): number {
    let ends = 0;
    for (const links of this.#links.values()) ends += links.size;
    return ends / 2;
  }

  join(member: Member): void {
    this.#members.push(member);
    this.#links.set(member, new Map());
    this.#announce(member);
  }

  /** Nobody meets anybody any more. */
  close(): void {
    this.#isClosed = true;
  }

  #announce(member: Member): void {
    if (this.#isClosed) return;
    const own = this.#links.get(member)!;
    const others = this.#members.filter((other) => other !== member && !own.has(other));
    while (own.size < member.degree && others.length) {
      const [other] = others.splice(Math.floor(this.random() * others.length), 1);
      if (this.#mayMeet(member, other!)) this.#connect(member, other!);
    }
    this.world.clock.plan(between(this.random, ...ANNOUNCE_S) * 1_000, () =>
      this.#announce(member),
    );
  }

  #mayMeet(member: Member, other: Member): boolean {
    // What the others do among themselves is nothing to us.
    if (!member.isHonest && !other.isHonest) return false;
    if (this.#links.get(other)!.size >= MOST_OF_DEGREE * other.degree) return false;
    const parted = this.#parted.get(pairOf(member, other));
    return !parted || this.world.clock.elapsedS >= parted.againAtS;
  }

  #connect(a: Member, b: Member): void {
    const { clock } = this.world;
    const number = ++this.#connections;
    const link = new Link(
      clock,
      [a.line, b.line],
      between(this.random, 5, 120),
      (side, message) => this.trace.add(clock.exactMs, 2 * number + side, message),
      () => this.#part(a, b),
    );
    this.#links.get(a)!.set(b, link);
    this.#links.get(b)!.set(a, link);
    a.connect(link.a, link);
    b.connect(link.b, link);
    link.open();
  }

  #part(a: Member, b: Member): void {
    this.#links.get(a)!.delete(b);
    this.#links.get(b)!.delete(a);
    const times = (this.#parted.get(pairOf(a, b))?.times ?? 0) + 1;
    const againAtS = this.world.clock.elapsedS + FIRST_BACK_OFF_S * 2 ** times;
    this.#parted.set(pairOf(a, b), { againAtS, times });
  }
}

function pairOf(a: Member, b: Member): string {
  return [a.id, b.id].sort().join(' ');
}
