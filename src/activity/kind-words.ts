import type { EventKind } from '../../workers/contract/events.ts';

const WORDS: Readonly<Record<EventKind, string>> = {
  'torrent:added': 'Added',
  'torrent:metadata': 'Looked into',
  'torrent:progress': 'Progress',
  'torrent:piece': 'Piece',
  'torrent:complete': 'Complete',
  'torrent:seeding': 'Sharing',
  'torrent:stalled': 'Stalled',
  'torrent:health': 'Health',
  'torrent:recovery': 'Help',
  'torrent:cooldown': 'Rest',
  'torrent:error': 'Error',
  'torrent:removed': 'Removed',
  'torrent:cleaned': 'Cleaned up',
  'peer:banned': 'Ban',
  'tracker:state': 'Tracker',
  'queue:updated': 'Queue',
  'storage:pressure': 'Disk',
  'session:started': 'Start',
  'session:adjusted': 'Pace',
  'session:limits': 'Limits',
  'session:restarted': 'Restart',
  'session:summary': 'Summary',
};

/** What an event is about, in a word. A kind that a newer engine knows keeps the name it has there. */
export function kindWord(kind: EventKind): string {
  return WORDS[kind] ?? kind;
}
