import { decode } from '../route.ts';

/**
 * What the page was opened with: `#magnet:…` (typed, linked, or from the protocol handler, encoded or not) or
 * `?text=`, `?url=` from a share. Returns the text to offer, or null. Offering it starts nothing.
 */
export function launchText(url: URL): string | null {
  const fragment = decode(url.hash.slice(1));
  if (/^(web\+)?magnet:/i.test(fragment)) return fragment.replace(/^web\+/i, '');
  for (const key of ['magnet', 'url', 'text', 'title']) {
    const shared = url.searchParams.get(key)?.trim();
    if (shared) return linkIn(shared);
  }
  return null;
}

/** A shared text often has words around the link. */
function linkIn(text: string): string {
  return /magnet:\?\S+/i.exec(text)?.[0] ?? text;
}
