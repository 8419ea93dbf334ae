/** `/api/torrents/…` and `/api/status`: reading, pausing, resuming, checking and removing torrents. */
import * as v from 'valibot';
import { fail, ok, type Result } from '../contract/errors.ts';
import { toInfoHash, type InfoHash } from '../contract/ids.ts';
import type { TorrentDetail } from '../contract/snapshot.ts';
import type { ApiContext } from './api-context.ts';
import type { EngineCaller } from './engine-port.ts';
import { jsonResponse } from './json-response.ts';
import { anObject, parseJson, readJson, readText } from './request-body.ts';

/** Removing deletes gigabytes before it resolves. */
const REMOVE_DEADLINE_MS = 60_000;

const queueBody = v.strictObject({ to: v.picklist(['top', 'up', 'down', 'bottom']) });

/** A held torrent is a question on somebody's screen, not a part of the library. */
export async function listTorrents({ engine }: ApiContext): Promise<Result<Response>> {
  const all = await engine.call(async (calls) => ok(await calls.torrents()));
  if (!all.ok) return all;
  return ok(jsonResponse({ torrents: all.value.filter((torrent) => !torrent.isHeld) }));
}

export async function readTorrent({ engine, infoHash }: ApiContext): Promise<Result<Response>> {
  return torrentResponse(engine, infoHash);
}

/** `POST /api/status`: `{infoHash}`, or the bare hash, quoted or not. */
export async function statusOf({ engine, request }: ApiContext): Promise<Result<Response>> {
  const text = await readText(request);
  if (!text.ok) return text;
  // 40 decimal digits are a hash as well as a JSON number, so the bare form is tried first.
  const bare = text.value.trim().replace(/^"(.*)"$/, '$1');
  if (!bare.startsWith('{')) return torrentResponse(engine, bare);
  const body = parseJson(bare, v.object({ infoHash: v.string() }));
  return body.ok ? torrentResponse(engine, body.value.infoHash) : body;
}

export function runCommand(name: 'pause' | 'resume' | 'recheck' | 'reannounce') {
  return async ({ engine, infoHash: text }: ApiContext): Promise<Result<Response>> => {
    const infoHash = checkedInfoHash(text);
    if (!infoHash.ok) return infoHash;
    const done = await engine.call((calls) => calls[name](infoHash.value));
    return done.ok ? torrentResponse(engine, infoHash.value) : done;
  };
}

/** `POST /api/torrents/:infoHash/queue`: `{to: "top" | "up" | "down" | "bottom"}`. */
export async function moveInQueue(context: ApiContext): Promise<Result<Response>> {
  const infoHash = checkedInfoHash(context.infoHash);
  if (!infoHash.ok) return infoHash;
  const body = await readJson(context.request, queueBody);
  if (!body.ok) return body;
  const { engine } = context;
  const moved = await engine.call((calls) => calls.moveInQueue(infoHash.value, body.value.to));
  return moved.ok ? torrentResponse(engine, infoHash.value) : moved;
}

/** The engine knows which fields there are and the range of each, and checks all of them before it changes one. */
export async function changeTorrent(context: ApiContext): Promise<Result<Response>> {
  const infoHash = checkedInfoHash(context.infoHash);
  if (!infoHash.ok) return infoHash;
  const change = await readJson(context.request, anObject);
  if (!change.ok) return change;
  const { engine } = context;
  const changed = await engine.call((calls) => calls.change(infoHash.value, change.value));
  return changed.ok ? torrentResponse(engine, infoHash.value) : changed;
}

export async function removeTorrent(context: ApiContext): Promise<Result<Response>> {
  const infoHash = checkedInfoHash(context.infoHash);
  if (!infoHash.ok) return infoHash;
  const data = new URL(context.request.url).searchParams.get('data') ?? 'delete';
  if (data !== 'keep' && data !== 'delete') {
    return fail('bad-request', 'The field "data" must be "keep" or "delete".', { field: 'data' });
  }
  const removed = await context.engine.call(
    (calls) => calls.remove(infoHash.value, data),
    REMOVE_DEADLINE_MS,
  );
  return removed.ok
    ? ok(new Response(null, { status: 204, headers: { 'Cache-Control': 'no-store' } }))
    : removed;
}

/** The torrent as JSON; `bad-info-hash` or `unknown-torrent` otherwise. */
export async function torrentResponse(
  engine: EngineCaller,
  text: string,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Promise<Result<Response>> {
  const infoHash = checkedInfoHash(text);
  if (!infoHash.ok) return infoHash;
  const torrent = await engine.call<TorrentDetail>((calls) => calls.torrent(infoHash.value));
  return torrent.ok ? ok(jsonResponse(torrent.value, status, headers)) : torrent;
}

function checkedInfoHash(text: string): Result<InfoHash> {
  const infoHash = toInfoHash(text);
  if (infoHash) return ok(infoHash);
  return fail('bad-info-hash', 'An info hash has 40 hexadecimal digits. Copy it again.');
}
