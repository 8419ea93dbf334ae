/** Why the trackers of a torrent lead to nobody, for the person who waits. */
import type { TrackerFailure, TrackerSnapshot } from '../../contract/snapshot.ts';

/**
 * For a person, or `null` when there is nothing to say about the trackers as a whole. One tracker that is refused may be
 * down; that all of them are, before any connection came about, is something on this side.
 */
export function diagnoseTrackers(trackers: readonly TrackerSnapshot[]): string | null {
  const usable = trackers.filter(({ state }) => state !== 'unsupported');
  if (trackers.length > 0 && usable.length === 0) {
    return (
      'All trackers of this torrent are for apps that use UDP or HTTP, which a web page cannot.' +
      ' It needs a wss:// tracker that other WebTorrent apps use too.'
    );
  }
  if (usable.length > 1 && usable.every(({ failure }) => failure === 'refused')) {
    return (
      `All ${usable.length} WebSocket trackers were refused at once: you may be offline, or a content blocker's filter list` +
      ' may be blocking them. If you use a blocker, allow this page in it. Rill goes on trying by itself.'
    );
  }
  return null;
}

/**
 * For a person who has waited: which trackers answer, whom they know of, and why nobody of them may be within a page's reach.
 * What is known of the trackers as a whole (`diagnoseTrackers`) comes first.
 */
export function diagnoseNoPeers(trackers: readonly TrackerSnapshot[]): string {
  const known = diagnoseTrackers(trackers);
  if (known) return known;
  if (trackers.length === 0) {
    return 'This torrent has no tracker, so there is nobody to ask for peers. Add a wss:// tracker in the settings.';
  }
  const answering = trackers.filter(({ seeds, failure }) => seeds !== null && failure === null);
  const message = answering.length ? whoIsKnown(answering) : nobodyAnswers(trackers);
  const unused = trackers.filter(({ state }) => state === 'unsupported').length;
  if (unused === 0) return `${message} ${GOES_ON}`;
  const many = unused === 1 ? 'One more tracker is' : `${unused} more trackers are`;
  return `${message} ${many} for apps that use UDP or HTTP: whom they know of, a web page cannot reach. ${GOES_ON}`;
}

/** For a person when every tracker fails and nobody is connected. */
export function diagnoseUnreachable(trackers: readonly TrackerSnapshot[]): string {
  const known = diagnoseTrackers(trackers);
  if (known) return known;
  const usable = trackers.filter(({ state }) => state !== 'unsupported');
  const which =
    usable.length === 1
      ? `Its only tracker, ${hostOf(usable[0]!.url)},`
      : `None of its ${usable.length} WebSocket trackers`;
  const can = usable.length === 1 ? 'cannot' : 'can';
  return (
    `${which} ${can} be reached, so there is nobody who knows of peers. It may be down for a while: Rill goes on trying by` +
    ' itself. Adding another tracker may help.'
  );
}

/** What each tracker says, at most `max` of them: `tracker.test: 3 seeds, 1 other downloading`. */
export function trackerFacts(trackers: readonly TrackerSnapshot[], max: number): string[] {
  const facts = trackers.slice(0, max).map((tracker) => `${hostOf(tracker.url)}: ${says(tracker)}`);
  const more = trackers.length - facts.length;
  return more > 0 ? [...facts, `${count(more, 'more tracker')}`] : facts;
}

const FAILURES: Readonly<Record<TrackerFailure, string>> = {
  refused: 'no connection comes about',
  silent: 'does not answer',
  closed: 'the connection was lost',
  garbage: 'talks nonsense',
  rejected: 'refuses this torrent',
};

function says({ state, failure, seeds, leechers }: TrackerSnapshot): string {
  if (state === 'unsupported') return 'for apps that are no web page';
  if (failure) return FAILURES[failure];
  if (seeds === null) return state === 'waiting' ? 'not asked yet' : 'asked, no answer yet';
  const others = Math.max(0, (leechers ?? 0) - 1);
  return `${count(seeds, 'seed')}, ${count(others, 'other')} downloading`;
}

const GOES_ON = 'Rill goes on asking by itself.';

function nobodyAnswers(trackers: readonly TrackerSnapshot[]): string {
  const usable = trackers.filter(({ state }) => state !== 'unsupported');
  const [only] = usable;
  if (usable.length === 1) return `Its only tracker, ${hostOf(only!.url)}, has not answered yet.`;
  return `None of its ${usable.length} WebSocket trackers has answered yet.`;
}

function whoIsKnown(answering: readonly TrackerSnapshot[]): string {
  const seeds = Math.max(...answering.map((tracker) => tracker.seeds ?? 0));
  // Each tracker counts us among those who download.
  const others = Math.max(...answering.map(({ leechers }) => Math.max(0, (leechers ?? 0) - 1)));
  const hosts = listOf(answering.map(({ url }) => hostOf(url)));
  const says = answering.length === 1 ? 'answers' : 'answer';
  if (seeds + others === 0) return `${hosts} ${says}: nobody shares this torrent there right now.`;
  const whom = [
    seeds > 0 && count(seeds, 'seed'),
    others > 0 && `${count(others, 'other')} downloading`,
  ].filter(Boolean);
  const knows = answering.length === 1 ? 'knows' : 'know';
  return (
    `${hosts} ${says} and ${knows} of ${whom.join(' and ')}, but no connection has come about. They may use apps without` +
    ' WebRTC, which a web page cannot reach, or a network on the way may block WebRTC.'
  );
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** `a`, `a and b`, `a, b and 3 more`. */
function listOf(names: readonly string[]): string {
  const [first = '', second] = names;
  if (!second) return first;
  if (names.length === 2) return `${first} and ${second}`;
  return `${first}, ${second} and ${names.length - 2} more`;
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
