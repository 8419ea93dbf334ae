import { tick } from 'svelte';
import { formatRoute } from '../route.ts';
import type { InfoHash } from '../../workers/contract/ids.ts';

/** Opening a torrent starts at its top; closing it puts a person back where they were: same scroll, same row in focus. */
export function keepPlace(current: () => InfoHash | null): void {
  let before: InfoHash | null = null;
  let listScroll = 0;
  // Synchronises the window's scroll and the focus, which no component owns, with the torrent that is open.
  // Runs before the change is drawn, while the scroll is still the old one.
  $effect.pre(() => {
    const now = current();
    const left = before;
    if (now === left) return;
    before = now;
    if (left === null) listScroll = window.scrollY;
    const isCovering = matchMedia('(max-width: 63.99rem)').matches;
    void tick().then(() => {
      if (isCovering) window.scrollTo(0, now === null ? listScroll : 0);
      if (now !== null || left === null) return;
      const href = formatRoute({ kind: 'torrent', infoHash: left });
      document.querySelector<HTMLElement>(`a[href="${href}"]`)?.focus({ preventScroll: true });
    });
  });
}
