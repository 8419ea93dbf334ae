/** The local HTTP API (API.md) as a script of a page of the app calls it. */
import type { Page } from '@playwright/test';
import type { EventKind, RillEvent } from '../../workers/contract/events.ts';

export interface ApiAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The JSON body, `null` when there is none. */
  readonly body: unknown;
}

export interface ApiBody {
  readonly type?: string;
  /** Text as it is, bytes as they are, anything else as JSON. */
  readonly content: unknown;
}

/** Calls `api/<path>` from the page and resolves with the whole answer. */
export function callApi(
  page: Page,
  method: string,
  path: string,
  body?: ApiBody,
): Promise<ApiAnswer> {
  const content = body?.content;
  const isBytes = content instanceof Uint8Array;
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return page.evaluate(
    async ({ method, path, type, base64, text }) => {
      const init: RequestInit = { method };
      if (type) init.headers = { 'Content-Type': type };
      if (base64 !== null) init.body = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      else if (text !== null) init.body = text;
      const response = await fetch(`api/${path}`, init);
      const answer = await response.text();
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: answer === '' ? null : (JSON.parse(answer) as unknown),
      };
    },
    {
      method,
      path,
      type: body?.type ?? null,
      base64: isBytes ? Buffer.from(content).toString('base64') : null,
      text: body && !isBytes ? text : null,
    },
  );
}

/** The kinds of all that has happened, oldest first, as `GET /api/events.jsonl` tells of it. */
export async function kindsOfEvents(page: Page): Promise<readonly EventKind[]> {
  const lines = await page.evaluate(async () => (await fetch('api/events.jsonl')).text());
  const events = lines.split('\n').filter((line) => line !== '');
  return events.map((line) => (JSON.parse(line) as RillEvent).kind);
}

/** Every file in the origin-private file system, as `folder/name` with its length in bytes. */
export function filesInStorage(page: Page): Promise<Record<string, number>> {
  return page.evaluate(async () => {
    const files: Record<string, number> = {};
    // TypeScript's DOM library does not know that handles can be iterated.
    type Folder = FileSystemDirectoryHandle & {
      entries(): AsyncIterable<[string, FileSystemHandle]>;
    };
    const walk = async (folder: FileSystemDirectoryHandle, prefix: string): Promise<void> => {
      for await (const [name, entry] of (folder as Folder).entries()) {
        if (entry.kind === 'directory')
          await walk(entry as FileSystemDirectoryHandle, `${prefix}${name}/`);
        else {
          // What is written anew under another name may vanish in between.
          const file = await (entry as FileSystemFileHandle).getFile().catch(() => null);
          if (file) files[prefix + name] = file.size;
        }
      }
    };
    await walk(await navigator.storage.getDirectory(), '');
    return files;
  });
}
