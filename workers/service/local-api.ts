/**
 * The local HTTP API (API.md): the commands of the engine as URLs, for automation, other pages of the origin and
 * tests. Only what the engine can do today is here; any other path is a 404 that says so.
 */
import { fail } from '../contract/errors.ts';
import { addTorrent } from './api-add.ts';
import type { ApiHandler } from './api-context.ts';
import { changeSettings, readHealth, readSettings, readStatistics } from './api-engine.ts';
import { exportEvents, readEvents } from './api-events.ts';
import { clearFailed, listFailed } from './api-failed.ts';
import { exportLibrary, importLibrary } from './api-library.ts';
import {
  changeTorrent,
  listTorrents,
  moveInQueue,
  readTorrent,
  removeTorrent,
  runCommand,
  statusOf,
} from './api-torrents.ts';
import type { EngineCaller } from './engine-port.ts';
import { errorResponse, forbidden, methodNotAllowed, withoutBody } from './json-response.ts';

interface Endpoint {
  readonly path: RegExp;
  readonly methods: Readonly<Record<string, ApiHandler>>;
}

const ENDPOINTS: readonly Endpoint[] = [
  { path: /^health$/, methods: { GET: readHealth, POST: readHealth } },
  { path: /^statistics$/, methods: { GET: readStatistics } },
  { path: /^settings$/, methods: { GET: readSettings, PATCH: changeSettings } },
  { path: /^status$/, methods: { POST: statusOf } },
  { path: /^torrents$/, methods: { GET: listTorrents, POST: addTorrent } },
  {
    path: /^torrents\/([^/]+)$/,
    methods: { GET: readTorrent, PATCH: changeTorrent, DELETE: removeTorrent },
  },
  { path: /^torrents\/([^/]+)\/pause$/, methods: { POST: runCommand('pause') } },
  { path: /^torrents\/([^/]+)\/resume$/, methods: { POST: runCommand('resume') } },
  { path: /^torrents\/([^/]+)\/recheck$/, methods: { POST: runCommand('recheck') } },
  { path: /^torrents\/([^/]+)\/reannounce$/, methods: { POST: runCommand('reannounce') } },
  { path: /^torrents\/([^/]+)\/queue$/, methods: { POST: moveInQueue } },
  { path: /^failed$/, methods: { GET: listFailed, DELETE: clearFailed } },
  { path: /^failed\/([^/]+)$/, methods: { DELETE: clearFailed } },
  { path: /^events$/, methods: { GET: readEvents } },
  { path: /^events\.jsonl$/, methods: { GET: exportEvents } },
  { path: /^library$/, methods: { GET: exportLibrary, POST: importLibrary } },
];

/** Makes the handler. `segments` are the path elements after `api/`. */
export function createLocalApi(engine: EngineCaller) {
  return async (request: Request, segments: readonly string[]): Promise<Response> => {
    // HEAD is GET without the body (RFC 9110 section 9.3.2).
    const isHead = request.method === 'HEAD';
    const response = await answer(engine, request, isHead ? 'GET' : request.method, segments);
    return isHead ? withoutBody(response) : response;
  };
}

async function answer(
  engine: EngineCaller,
  request: Request,
  method: string,
  segments: readonly string[],
): Promise<Response> {
  const path = segments.join('/');
  const endpoint = ENDPOINTS.find((candidate) => candidate.path.test(path));
  if (!endpoint) {
    const { error } = fail('bad-request', `There is nothing at /api/${path}. See the API's table.`);
    return errorResponse(error, 404);
  }
  const handle = Object.hasOwn(endpoint.methods, method) ? endpoint.methods[method] : undefined;
  if (!handle) return methodNotAllowed(method, allowOf(endpoint));
  // A form on another site can navigate here with a body of its choice, and only a person may start a download.
  if (method !== 'GET' && request.mode === 'navigate') {
    return forbidden('Commands are for scripts of this app, not for forms and links.');
  }
  const infoHash = endpoint.path.exec(path)?.[1] ?? '';
  const result = await handle({ engine, request, infoHash });
  return result.ok ? result.value : errorResponse(result.error);
}

function allowOf(endpoint: Endpoint): string {
  const methods = Object.keys(endpoint.methods);
  return (methods.includes('GET') ? ['GET', 'HEAD', ...methods.slice(1)] : methods).join(', ');
}
