import { tick } from 'svelte';
import { formatRoute, type Route } from '../route.ts';

/**
 * Opening a torrent, or a page as the settings, starts at its top; closing it puts a person back where they were: same scroll, and
 * the link they came by in focus.
 */
export function keepPlace(current: () => Route): void {
  let before: Route = { kind: 'library' };
  let listScroll = 0;
  // Synchronises the window's scroll and the focus, which no component owns, with what is open over the library.
  // Runs before the change is drawn, while the scroll is still the old one.
  $effect.pre(() => {
    const now = current();
    const left = before;
    if (formatRoute(now) === formatRoute(left)) return;
    before = now;
    if (left.kind === 'library') listScroll = window.scrollY;
    const isCovering = covers(now.kind === 'library' ? left : now);
    void tick().then(() => {
      if (isCovering) window.scrollTo(0, now.kind === 'library' ? listScroll : 0);
      if (now.kind !== 'library') return;
      const link = document.querySelector<HTMLElement>(`a[href="${formatRoute(left)}"]`);
      link?.focus({ preventScroll: true });
    });
  });
}

/** Whether the list is out of sight meanwhile. */
function covers(route: Route): boolean {
  return route.kind !== 'torrent' || matchMedia('(max-width: 63.99rem)').matches;
}
