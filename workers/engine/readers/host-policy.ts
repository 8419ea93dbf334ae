/**
 * Which URLs from a torrent, a link or a tracker may be opened. A torrent must not make the browser knock on the user's
 * own computer or network; it may when the app itself is served from there, which is how it is tried out and tested.
 * A name can still resolve to a private address: a page cannot look that up, and the browser's own checks stand there.
 */
import { fail, ok, type Result } from '../../contract/errors.ts';
import { scopeOfAddress } from './ip-address.ts';

export interface HostPolicy {
  /** Schemes that make sense here, with the colon: `['wss:', 'ws:']` for a tracker. */
  readonly schemes: readonly string[];
  /** Whether the app's own URL is on a loopback host (`isLoopbackHost(location.hostname)`). */
  readonly isLoopbackApp: boolean;
}

/** An https page may not open these; hosts on loopback are the exception that browsers make. */
const INSECURE_SCHEMES: ReadonlySet<string> = new Set(['ws:', 'http:']);

/** Suffixes that only ever mean the local network: RFC 6762, RFC 8375, ICANN's `.internal`, and routers' habits. */
const LOCAL_SUFFIXES: readonly string[] = [
  '.local',
  '.internal',
  '.home.arpa',
  '.localdomain',
  '.lan',
  '.home',
  '.corp',
  '.intranet',
];

/**
 * Returns the parsed URL when it may be opened. Fails with `bad-request` for text that is no URL, a scheme that is not
 * asked for, a user name or password, an insecure scheme, and a host on this computer or the local network.
 */
export function checkUrl(text: string, policy: HostPolicy): Result<URL> {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return refuse('This is not a web address');
  }
  if (!policy.schemes.includes(url.protocol)) {
    return refuse(`An address must begin with ${policy.schemes.join(' or ')}`);
  }
  if (url.username !== '' || url.password !== '') {
    return refuse('An address must not hold a user name or password');
  }
  const isLoopback = isLoopbackHost(url.hostname);
  if (isLoopback && policy.isLoopbackApp) return ok(url);
  if (isLoopback || isLocalHost(url.hostname)) {
    return refuse(
      `${url.hostname} is on your own computer or network, where torrents may not send you`,
    );
  }
  if (INSECURE_SCHEMES.has(url.protocol)) {
    const secure = url.protocol === 'ws:' ? 'wss:' : 'https:';
    return refuse(
      `A web page can reach ${url.hostname} only through ${secure}, not ${url.protocol}`,
    );
  }
  return ok(url);
}

/** Whether a host, as `URL.hostname` spells it, is this computer. */
export function isLoopbackHost(hostname: string): boolean {
  const host = withoutRootDot(hostname);
  if (scopeOfAddress(host) === 'loopback') return true;
  return host === 'localhost' || host.endsWith('.localhost');
}

function isLocalHost(hostname: string): boolean {
  const host = withoutRootDot(hostname);
  const scope = scopeOfAddress(host);
  if (scope !== null) return scope !== 'public';
  return !host.includes('.') || LOCAL_SUFFIXES.some((suffix) => `.${host}`.endsWith(suffix));
}

/** `localhost.` is `localhost`. */
function withoutRootDot(hostname: string): string {
  return hostname.replace(/\.+$/, '');
}

function refuse(what: string) {
  return fail('bad-request', `${what}. Use another address, or go without it.`);
}
