// A static host for `dist/`, as a real one would be: MIME types, ranges, ETags, and the headers of `dist/_headers`.
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import sirv from 'sirv';

/** @typedef {{ pattern: RegExp, headers: [string, string][] }} HeaderRule */

/**
 * Reads the `_headers` format of Netlify and Cloudflare Pages: a path with `*`, then indented `Name: value` lines.
 * @param {string} text @returns {HeaderRule[]}
 */
export function parseHeaders(text) {
  /** @type {HeaderRule[]} */
  const rules = [];
  for (const line of text.split('\n')) {
    const header = /^\s+([\w-]+):\s*(.*)$/.exec(line);
    if (header) rules.at(-1)?.headers.push([header[1] ?? '', header[2]?.trim() ?? '']);
    else if (line.startsWith('/')) {
      const source = line.trim().replace(/[.+?^${}()|[\]\\]/g, '\\$&');
      rules.push({ pattern: new RegExp(`^${source.replaceAll('*', '.*')}$`), headers: [] });
    }
  }
  return rules;
}

/**
 * Serves a folder on a loopback port.
 * @param {object} options
 * @param {string} options.root the folder
 * @param {string} [options.base] path it appears under, with slashes at both ends; default `/`
 * @param {number} [options.port] 0 (default): any free one
 * @param {(request: import('node:http').IncomingMessage) => boolean} [options.onRequest] false: drop the connection
 * @returns {Promise<{ server: import('node:http').Server, origin: string, url: string }>}
 */
export async function serveFolder({ root, base = '/', port = 0, onRequest = () => true }) {
  const headersFile = join(root, '_headers');
  const rules = existsSync(headersFile) ? parseHeaders(readFileSync(headersFile, 'utf8')) : [];
  const files = sirv(root, {
    dev: true,
    etag: true,
    setHeaders(response, path) {
      if (path.endsWith('.torrent')) response.setHeader('content-type', 'application/x-bittorrent');
      for (const rule of rules)
        if (rule.pattern.test(path))
          for (const [name, value] of rule.headers) response.setHeader(name, value);
    },
  });
  const server = createServer((request, response) => {
    if (!onRequest(request)) {
      request.socket.destroy();
      return;
    }
    const notFound = () => {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Not found\n');
    };
    const url = request.url ?? '/';
    if (!url.startsWith(base) || url.startsWith(`${base}_headers`)) {
      notFound();
      return;
    }
    request.url = `/${url.slice(base.length)}`;
    files(request, response, notFound);
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(undefined));
  });
  const address = server.address();
  const origin = `http://localhost:${typeof address === 'object' ? address?.port : port}`;
  return { server, origin, url: origin + base };
}
