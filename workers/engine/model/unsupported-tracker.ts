/** Trackers of kinds that other apps announce to and a web page cannot. */

/** Why a page can do nothing with the tracker, for a person; `null` when its kind is one that it can use. */
export function whyUnsupported(url: string): string | null {
  switch (/^[a-z]+(?=:)/i.exec(url)?.[0].toLowerCase()) {
    case 'udp':
      return 'A web page cannot send UDP, so this tracker is for other apps.';
    case 'http':
    case 'https':
      return 'HTTP trackers know only peers that a web page cannot connect to, so this one is for other apps.';
    default:
      return null;
  }
}
