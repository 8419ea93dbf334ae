/**
 * Which addresses lie in the public internet. Input is a host as `new URL()` spells it: IPv4 as four decimal numbers,
 * IPv6 in brackets, lower case, shortest form (WHATWG URL, "host serializer").
 */
export type AddressScope = 'loopback' | 'local' | 'public';

/** First address and prefix length of each IPv4 network that is not the public internet (IANA special-purpose registry). */
const LOCAL_IPV4: readonly (readonly [first: string, prefixBits: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** Returns the scope of an IP address, or `null` when the host is a name. */
export function scopeOfAddress(host: string): AddressScope | null {
  if (host.startsWith('[')) return scopeOfIpv6(host.slice(1, -1));
  const address = parseIpv4(host);
  return address === null ? null : scopeOfIpv4(address);
}

/**
 * The public network that one household or host has: an IPv4 address, or the first 64 bits of an IPv6 one; `null` for any
 * other address and for names. Takes what ICE says, with or without a port: `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
 */
export function networkOfAddress(address: string): string | null {
  const isBareIpv6 = !address.startsWith('[') && address.split(':').length > 2;
  const host = hostOf(isBareIpv6 ? `[${address}]` : address);
  if (host === null || scopeOfAddress(host) !== 'public') return null;
  if (!host.startsWith('[')) return host;
  const groups = parseIpv6(host.slice(1, -1)).slice(0, 4);
  return `${groups.map((group) => group.toString(16)).join(':')}::/64`;
}

function hostOf(address: string): string | null {
  try {
    return new URL(`http://${address}`).hostname;
  } catch {
    return null;
  }
}

function scopeOfIpv4(address: number): AddressScope {
  if (address >>> 24 === 127) return 'loopback';
  const isLocal = LOCAL_IPV4.some(([first, prefixBits]) => {
    const shift = 32 - prefixBits;
    return address >>> shift === (parseIpv4(first) ?? 0) >>> shift;
  });
  return isLocal ? 'local' : 'public';
}

/**
 * Public is an allow-list: 2000::/3 (all that IANA has given out), without the forms that carry another address inside
 * them (Teredo 2001::/32, 6to4 2002::/16). Mapped, translated, unique local, link-local and multicast fall outside.
 */
function scopeOfIpv6(host: string): AddressScope {
  const groups = parseIpv6(host);
  const [first = 0, second = 0] = groups;
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  const isLoopback = groups.slice(0, 7).every((group) => group === 0) && groups[7] === 1;
  if (isLoopback || (isMapped && (groups[6] ?? 0) >>> 8 === 127)) return 'loopback';
  if (first >>> 13 !== 1) return 'local';
  return (first === 0x2001 && second === 0) || first === 0x2002 ? 'local' : 'public';
}

function parseIpv4(host: string): number | null {
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/.test(host)) return null;
  return host.split('.').reduce((address, part) => address * 256 + Number(part), 0);
}

function parseIpv6(host: string): number[] {
  const [head = '', tail] = host.split('::');
  const before = toGroups(head);
  if (tail === undefined) return before;
  const after = toGroups(tail);
  const zeros = new Array<number>(Math.max(0, 8 - before.length - after.length)).fill(0);
  return [...before, ...zeros, ...after];
}

function toGroups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}
