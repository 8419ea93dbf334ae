import type { MediaKind } from '../../workers/contract/media-types.ts';

/** Asks the stream for its type alone. Returns `null` when it does not answer or is nothing that plays. */
export async function kindOfStream(url: string): Promise<MediaKind | null> {
  try {
    const response = await fetch(url, { method: 'HEAD' });
    const [, kind] =
      /^(video|audio|image)\//.exec(response.headers.get('content-type') ?? '') ?? [];
    return response.ok ? ((kind ?? null) as MediaKind | null) : null;
  } catch {
    return null;
  }
}
