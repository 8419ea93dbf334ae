// The app's Content Security Policy, made at build time: a static meta tag, a bootstrap that narrows it to this
// deployment's exact paths, and the `_headers` file for static hosts. Why: docs/decisions, "Content Security Policy".
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { minifySync, type HtmlTagDescriptor, type Plugin } from 'vite';
import { styleHashes } from './vite.media-chrome.ts';

const BOOTSTRAP = fileURLToPath(new URL('src/bootstrap.js', import.meta.url));

/** The source expression that allows exactly this inline text. */
export const hashSource = (text: string) =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/**
 * What the app may do wherever it is deployed; origin and base path are not known at build time.
 * Torrent content lives under `<base>stream/`, the app's own origin: so no `'self'` for scripts.
 */
function policy(bootstrapHash: string, styles: readonly string[]): string {
  // Not `[::1]`: the grammar of CSP has no IPv6 hosts.
  const loopback = ['localhost', '127.0.0.1'];
  return Object.entries({
    'default-src': ["'none'"],
    // The bootstrap, and what it imports.
    'script-src': [bootstrapHash, "'strict-dynamic'"],
    // The bootstrap narrows this to two exact paths.
    'worker-src': ["'self'"],
    'style-src': ["'self'", ...styles],
    'img-src': ["'self'", 'blob:', 'data:'],
    'media-src': ["'self'", 'blob:'],
    'font-src': ["'self'"],
    'manifest-src': ["'self'"],
    // Trackers and web seeds; on loopback without TLS for development and tests.
    'connect-src': [
      "'self'",
      'https:',
      'wss:',
      ...loopback.flatMap((host) => [`http://${host}:*`, `ws://${host}:*`]),
    ],
    'base-uri': ["'none'"],
    'form-action': ["'none'"],
    'require-trusted-types-for': ["'script'"],
    'trusted-types': ['default', 'svelte-trusted-html', 'media-chrome'],
  })
    .map(([name, sources]) => [name, ...sources].join(' '))
    .join('; ');
}

/** `_headers` as Netlify and Cloudflare Pages read it. Cloudflare allows 2,000 characters per line. */
const headersFile = (
  csp: string,
) => `# Made by vite.csp.ts. For hosts that read this format (Netlify, Cloudflare Pages).
/*
  Content-Security-Policy: ${csp}; frame-ancestors 'none'
  X-Content-Type-Options: nosniff
  X-Frame-Options: DENY
  Referrer-Policy: no-referrer
  Permissions-Policy: accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()
  Cross-Origin-Opener-Policy: same-origin
  Cross-Origin-Resource-Policy: same-origin
/
  Cache-Control: no-cache
/index.html
  Cache-Control: no-cache
/service.worker.js
  Cache-Control: no-cache
/manifest.webmanifest
  Cache-Control: no-cache
/assets/*
  Cache-Control: public, max-age=31536000, immutable
`;

/** The scripts Vite put into the page, taken out of it: the bootstrap loads them. */
function takeScripts(html: string): { html: string; entry: string; preloads: string[] } {
  const preloads: string[] = [];
  let entry = '';
  const rest = html
    .replace(/\s*<script type="module"[^>]*\bsrc="([^"]+)"[^>]*><\/script>/g, (_, src: string) => {
      if (entry) throw new Error('index.html has more than one entry module');
      entry = src;
      return '';
    })
    .replace(/\s*<link rel="modulepreload"[^>]*\bhref="([^"]+)"[^>]*>/g, (_, href: string) => {
      preloads.push(href);
      return '';
    });
  if (!entry) throw new Error('index.html has no entry module');
  if (/<script/.test(rest)) throw new Error('index.html has a script that the CSP would block');
  return { html: rest, entry, preloads };
}

export function contentSecurity(): Plugin {
  // The text in the page must be the text that was hashed.
  const bootstrap = minifySync('bootstrap.js', readFileSync(BOOTSTRAP, 'utf8')).code.trim();
  let csp = '';
  return {
    name: 'rill-content-security',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      async handler(page, { bundle = {} }) {
        const modules = Object.values(bundle).flatMap((output) =>
          output.type === 'chunk' ? output.moduleIds : [],
        );
        csp = policy(hashSource(bootstrap), (await styleHashes(modules)).map(hashSource));
        const { html, entry, preloads } = takeScripts(page);
        const tags: HtmlTagDescriptor[] = [
          { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: csp } },
          {
            tag: 'script',
            attrs: { 'data-entry': entry, 'data-preload': preloads.join(' ') },
            children: bootstrap,
          },
        ];
        // Straight after the charset: nothing may load before the policy stands.
        const [before, after] = html.split(/(?<=<meta charset="utf-8" \/>)/);
        if (!before || !after) throw new Error('index.html must begin its head with the charset');
        return { html: before + tags.map(render).join('') + after, tags: [] };
      },
    },
    generateBundle: {
      order: 'post',
      handler() {
        this.emitFile({ type: 'asset', fileName: '_headers', source: headersFile(csp) });
      },
    },
  };
}

/** Vite's own rendering re-indents children, which would change their hash. */
function render({ tag, attrs = {}, children }: HtmlTagDescriptor): string {
  const text = Object.entries(attrs)
    .map(([name, value]) => ` ${name}="${String(value).replaceAll('"', '&quot;')}"`)
    .join('');
  const end = tag === 'script' ? `>${String(children)}</script>` : ' />';
  return `\n    <${tag}${text}${end}`;
}
