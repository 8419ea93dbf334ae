/** Why the trackers of a torrent lead to nobody, as far as that is not the fault of a single one. */
import type { TrackerSnapshot } from '../../contract/snapshot.ts';

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
