/**
 * What a file's name says about it. The list is an allow-list: a type that is not here is served as opaque bytes and
 * never shown inline, because content of a torrent shares our origin (FACTS.md, "Serving untrusted files").
 */
export type MediaKind = 'video' | 'audio' | 'image' | 'subtitles';

export interface MediaType {
  readonly mime: string;
  readonly kind: MediaKind;
  /** Whether browsers play it by URL (`native`), after rewrapping (`remux`), or not at all (`no`). */
  readonly canPlay: 'native' | 'remux' | 'no';
}

const MEDIA_TYPES: ReadonlyMap<string, MediaType> = new Map([
  ['mp4', { mime: 'video/mp4', kind: 'video', canPlay: 'native' }],
  ['m4v', { mime: 'video/mp4', kind: 'video', canPlay: 'native' }],
  ['mov', { mime: 'video/quicktime', kind: 'video', canPlay: 'native' }],
  ['webm', { mime: 'video/webm', kind: 'video', canPlay: 'native' }],
  ['mkv', { mime: 'video/x-matroska', kind: 'video', canPlay: 'native' }],
  ['ogv', { mime: 'video/ogg', kind: 'video', canPlay: 'native' }],
  ['ts', { mime: 'video/mp2t', kind: 'video', canPlay: 'remux' }],
  ['m2ts', { mime: 'video/mp2t', kind: 'video', canPlay: 'remux' }],
  ['avi', { mime: 'video/x-msvideo', kind: 'video', canPlay: 'no' }],
  ['mp3', { mime: 'audio/mpeg', kind: 'audio', canPlay: 'native' }],
  ['m4a', { mime: 'audio/mp4', kind: 'audio', canPlay: 'native' }],
  ['m4b', { mime: 'audio/mp4', kind: 'audio', canPlay: 'native' }],
  ['aac', { mime: 'audio/aac', kind: 'audio', canPlay: 'native' }],
  ['ogg', { mime: 'audio/ogg', kind: 'audio', canPlay: 'native' }],
  ['oga', { mime: 'audio/ogg', kind: 'audio', canPlay: 'native' }],
  ['opus', { mime: 'audio/ogg', kind: 'audio', canPlay: 'native' }],
  ['flac', { mime: 'audio/flac', kind: 'audio', canPlay: 'native' }],
  ['wav', { mime: 'audio/wav', kind: 'audio', canPlay: 'native' }],
  ['jpg', { mime: 'image/jpeg', kind: 'image', canPlay: 'native' }],
  ['jpeg', { mime: 'image/jpeg', kind: 'image', canPlay: 'native' }],
  ['png', { mime: 'image/png', kind: 'image', canPlay: 'native' }],
  ['gif', { mime: 'image/gif', kind: 'image', canPlay: 'native' }],
  ['webp', { mime: 'image/webp', kind: 'image', canPlay: 'native' }],
  ['avif', { mime: 'image/avif', kind: 'image', canPlay: 'native' }],
  ['vtt', { mime: 'text/vtt', kind: 'subtitles', canPlay: 'native' }],
  ['srt', { mime: 'application/x-subrip', kind: 'subtitles', canPlay: 'no' }],
] satisfies [string, MediaType][]);

/** Returns the media type for the extension of `path`, or `null` when it is not on the allow-list. */
export function mediaTypeOf(path: string): MediaType | null {
  const extension = /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase();
  return (extension && MEDIA_TYPES.get(extension)) || null;
}
