/** What a person is told about reading the library: what happened, and what to do. */
import type { LibraryState } from '../../model/catalogue.ts';

export type LibraryNotice = LibraryState['notices'][number];

/** A name as it was stored, if that can be told, else the key. */
export function nameOf(key: string, stored: unknown): string {
  const name = typeof stored === 'object' && stored && 'name' in stored ? stored.name : null;
  return `“${typeof name === 'string' && name ? name.slice(0, 200) : key}”`;
}

/** `at`: of the backup, ISO 8601. */
export function torrentRestored(name: string, at: string): LibraryNotice {
  return {
    kind: 'record-restored',
    message: `The saved entry of ${name} was damaged. It is back as it was on ${inWords(at)}; look whether its chosen files are still right.`,
  };
}

export function torrentUnreadable(name: string): LibraryNotice {
  return {
    kind: 'record-unreadable',
    message: `The saved entry of ${name} cannot be read, and no backup has it. Add its link or .torrent file again: it goes on from what is stored.`,
  };
}

export function torrentNewer(name: string): LibraryNotice {
  return {
    kind: 'record-newer',
    message: `${name} was saved by a newer Rill and is left as it is. Close all Rill tabs and open Rill again to update it; the torrent is back then.`,
  };
}

export function settingsRestored(at: string): LibraryNotice {
  return {
    kind: 'record-restored',
    message: `The saved settings were lost or damaged. Those of ${inWords(at)} are back; look whether they are still right.`,
  };
}

export const SETTINGS_UNREADABLE: LibraryNotice = {
  kind: 'record-unreadable',
  message:
    'The saved settings cannot be read, and no backup has them. The defaults are used; change what you had changed.',
};

export const SETTINGS_NEWER: LibraryNotice = {
  kind: 'record-newer',
  message:
    'The settings were saved by a newer Rill and are left as they are; older ones or the defaults are used. Close all Rill tabs and open Rill again to update it.',
};

export function libraryRebuilt(torrents: number, at: string): LibraryNotice {
  return {
    kind: 'library-rebuilt',
    message: `The browser lost or cannot open the list of torrents. ${counted(torrents, 'torrent')} came back from the backup of ${inWords(at)}; what is stored of them is checked.`,
  };
}

/** `folders`: of how many torrents content is stored. */
export function libraryLost(folders: number): LibraryNotice {
  return {
    kind: 'library-rebuilt',
    message: `The list of torrents is empty and there is no backup, but content of ${counted(folders, 'torrent')} is stored. Add the links or .torrent files again: they go on from what is stored.`,
  };
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** An ISO 8601 time to the minute. */
function inWords(at: string): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
