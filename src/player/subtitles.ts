import { mediaTypeOf } from '../../workers/contract/media-types.ts';
import { baseName } from './stream-url.ts';

interface Candidate {
  readonly index: number;
  readonly path: string;
}

/** The subtitle files that browsers read by themselves and that go by the media file's name. */
export function subtitlesFor(mediaName: string, files: readonly Candidate[]): readonly Candidate[] {
  const stem = mediaName.replace(/\.[^.]+$/, '').toLowerCase();
  if (stem === '') return [];
  return files.filter(({ path }) => {
    const type = mediaTypeOf(path);
    return (
      type?.kind === 'subtitles' &&
      type.canPlay === 'native' &&
      baseName(path).toLowerCase().startsWith(stem)
    );
  });
}
