/** How often something happened over all runs: a rule of what never happens holds for nothing. */
export class Reached {
  readonly counts = new Map<string, number>();

  note(what: string, times = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + times);
  }
}
