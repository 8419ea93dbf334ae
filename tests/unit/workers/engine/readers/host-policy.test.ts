import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { checkUrl, isLoopbackHost } from '../../../../../workers/engine/readers/host-policy.ts';

// A busy machine may be slow; time is asserted where it is the point.
vi.setConfig({ testTimeout: 120_000 });

const SCHEMES = ['wss:', 'ws:', 'https:', 'http:'];
const publicApp = { schemes: SCHEMES, isLoopbackApp: false };
const loopbackApp = { schemes: SCHEMES, isLoopbackApp: true };

const LOOPBACK = [
  'localhost',
  'LOCALHOST',
  'localhost.',
  'a.localhost',
  'a.localhost.',
  '127.0.0.1',
  '127.0.0.1.',
  '127.255.255.255',
  '127.1',
  '0x7f.1',
  '0177.0.0.1',
  '2130706433',
  '0x7f000001',
  '%31%32%37.0.0.1',
  '127。0。0。1',
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f12:1]',
];

const LOCAL = [
  '0.0.0.0',
  '0',
  '0.1.2.3',
  '10.0.0.1',
  '10.255.255.255',
  '167772161',
  '100.64.0.1',
  '100.127.255.255',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.1',
  '192.168.1.1',
  '0xc0a80101',
  '198.18.0.1',
  '198.19.255.255',
  '224.0.0.1',
  '239.255.255.250',
  '240.0.0.1',
  '255.255.255.255',
  '[::]',
  '[::2]',
  '[fc00::1]',
  '[fd12:3456::1]',
  '[fe80::1]',
  '[febf::1]',
  '[fec0::1]',
  '[ff02::1]',
  '[::ffff:192.168.0.1]',
  '[::ffff:8.8.8.8]',
  '[::192.168.0.1]',
  '[64:ff9b::c0a8:1]',
  '[2002:c0a8:1::]',
  '[2001:0:4136:e378::1]',
  'router',
  'tracker.',
  'nas.local',
  'NAS.LOCAL.',
  'a.internal',
  'metadata.google.internal',
  'x.home.arpa',
  'home.arpa',
  'x.localdomain',
  'x.lan',
  'x.home',
  'x.corp',
  'x.intranet',
];

const PUBLIC = [
  'tracker.webtorrent.dev',
  'example.org.',
  'local.example.org',
  'localhost.example.org',
  'notlocalhost.com',
  'mylocal.net',
  '127.0.0.1.example.org',
  'bücher.example',
  '1.1.1.1',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.0.0.1',
  '128.0.0.1',
  '169.253.0.1',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.0.1',
  '198.17.0.1',
  '198.20.0.1',
  '223.255.255.255',
  '[2606:4700::1111]',
  '[2001:4860:4860::8888]',
  '[3fff::1]',
];

describe('hosts', () => {
  test.each(LOOPBACK)(
    'loopback %s: only when the app is there too, then in the clear as well',
    (host) => {
      for (const scheme of SCHEMES) {
        expect(checkUrl(`${scheme}//${host}:8000/x`, publicApp).ok).toBe(false);
        expect(checkUrl(`${scheme}//${host}:8000/x`, loopbackApp).ok).toBe(true);
      }
      expect(isLoopbackHost(new URL(`https://${host}`).hostname)).toBe(true);
    },
  );

  test.each(LOCAL)('local %s: never', (host) => {
    for (const policy of [publicApp, loopbackApp]) {
      const result = checkUrl(`wss://${host}/announce`, policy);
      expect(result).toMatchObject({ ok: false, error: { kind: 'bad-request' } });
      if (!result.ok) expect(result.error.message).toContain('your own computer or network');
    }
    expect(isLoopbackHost(new URL(`https://${host}`).hostname)).toBe(false);
  });

  test.each(PUBLIC)('public %s: when encrypted', (host) => {
    for (const policy of [publicApp, loopbackApp]) {
      expect(checkUrl(`wss://${host}/announce`, policy).ok).toBe(true);
      expect(checkUrl(`https://${host}:8443/`, policy).ok).toBe(true);
      for (const scheme of ['ws:', 'http:']) {
        const result = checkUrl(`${scheme}//${host}/`, policy);
        expect(result.ok).toBe(false);
        if (!result.ok)
          expect(result.error.message).toContain(scheme === 'ws:' ? 'wss:' : 'https:');
      }
    }
  });
});

describe('the rest of the URL', () => {
  test('comes out parsed', () => {
    const result = checkUrl(' WSS://Tracker.Example.org/a b ', publicApp);
    expect(result.ok && result.value.href).toBe('wss://tracker.example.org/a%20b');
  });

  test.each([
    'wss://user@example.org',
    'wss://user:pass@example.org',
    'wss://:pass@example.org',
    'https://example.org@127.0.0.1',
  ])('credentials: %s', (url) => {
    expect(checkUrl(url, loopbackApp).ok).toBe(false);
  });

  test.each([
    'udp://tracker.example.org:80',
    'javascript:alert(1)',
    'data:text/plain,x',
    'blob:https://example.org/x',
    'file:///etc/passwd',
    'ftp://example.org',
    'http://example.org',
    'https://example.org',
  ])('a scheme that is not asked for: %s', (url) => {
    const result = checkUrl(url, { schemes: ['wss:', 'ws:'], isLoopbackApp: true });
    expect(result.ok).toBe(false);
    if (!result.ok) expect(result.error.message).toContain('wss: or ws:');
  });

  test.each([
    '',
    'x',
    '//example.org',
    'wss://',
    'wss://[::1',
    'wss://a b',
    'wss://256.1.1.1',
    'wss://1.2.3.4.5',
  ])('no address: %j', (url) => {
    expect(checkUrl(url, loopbackApp).ok).toBe(false);
  });
});

describe('whatever the text', () => {
  test('nothing throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl()), (url) => {
        checkUrl(url, publicApp);
        checkUrl(`wss://${url}`, loopbackApp);
      }),
    );
  });

  test('no IPv4 address of a private network passes, in any spelling', () => {
    const octet = fc.nat(255);
    const privateAddress = fc.oneof(
      fc.tuple(fc.constantFrom(0, 10, 127), octet, octet, octet),
      fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
      fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), octet, octet),
    );
    fc.assert(
      fc.property(privateAddress, ([a, b, c, d]) => {
        const number = ((a * 256 + b) * 256 + c) * 256 + d;
        const mapped = `[::ffff:${a}.${b}.${c}.${d}]`;
        const spellings = [`${a}.${b}.${c}.${d}`, `${number}`, `0x${number.toString(16)}`, mapped];
        for (const host of spellings)
          expect(checkUrl(`https://${host}/`, publicApp).ok).toBe(false);
      }),
    );
  });
});
