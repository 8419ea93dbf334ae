/** Where in the page a person is, kept in the URL's hash so that the back button and an installed app can use it. */
import { toInfoHash, type InfoHash } from '../workers/contract/ids.ts';

export type Route =
  | { readonly kind: 'library' | 'storage' | 'settings' | 'statistics' }
  | { readonly kind: 'torrent'; readonly infoHash: InfoHash }
  /** What happened, to everything or to one torrent. */
  | { readonly kind: 'activity'; readonly infoHash: InfoHash | null }
  | {
      readonly kind: 'play';
      readonly infoHash: InfoHash;
      readonly fileIndex: number;
      /** The file's own name, so that it can be played by URL with no engine to ask. May be empty. */
      readonly fileName: string;
    };

export const LIBRARY: Route = { kind: 'library' };
export const STORAGE: Route = { kind: 'storage' };
export const SETTINGS: Route = { kind: 'settings' };
export const STATISTICS: Route = { kind: 'statistics' };
export const ACTIVITY: Route = { kind: 'activity', infoHash: null };

/** Anything that is no route is the library. */
export function parseRoute(hash: string): Route {
  const [, kind, ...rest] = hash.replace(/^#/, '').split('/');
  if (kind === 'storage' && rest.length === 0) return STORAGE;
  if (kind === 'settings' && rest.length === 0) return SETTINGS;
  if (kind === 'statistics' && rest.length === 0) return STATISTICS;
  if (kind === 'activity' && rest.length === 0) return ACTIVITY;
  const infoHash = toInfoHash(rest[0]);
  if (!infoHash) return LIBRARY;
  if (kind === 'activity') return { kind, infoHash };
  if (kind === 'torrent') return { kind, infoHash };
  if (kind === 'play' && /^\d{1,9}$/.test(rest[1] ?? ''))
    return { kind, infoHash, fileIndex: Number(rest[1]), fileName: decode(rest[2] ?? '') };
  return LIBRARY;
}

export function formatRoute(route: Route): string {
  switch (route.kind) {
    case 'library':
      return '#/';
    case 'storage':
      return '#/storage';
    case 'settings':
      return '#/settings';
    case 'statistics':
      return '#/statistics';
    case 'torrent':
      return `#/torrent/${route.infoHash}`;
    case 'activity':
      return route.infoHash ? `#/activity/${route.infoHash}` : '#/activity';
    case 'play':
      return `#/play/${route.infoHash}/${route.fileIndex}/${encodeURIComponent(route.fileName)}`;
  }
}

/** Percent-decodes; text that is not well encoded stays as it is. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
