import { afterEach, describe, expect, it, vi } from 'vitest';
import { bodyOf, BytePull, STALL_MS } from '../../../../workers/service/byte-pull.ts';
import { pattern } from './fakes.ts';

interface Peer {
  readonly pull: BytePull;
  readonly port: MessagePort;
  /** What the reader said, in order. */
  readonly log: string[];
  /** Resolves when the reader has said that. */
  heard(kind: string): Promise<void>;
}

const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
  vi.useRealTimers();
});

/** A reader and the engine's end of its port; `answer` is called for each pull. */
function peer(answer: (port: MessagePort, pullNumber: number) => void = () => {}): Peer {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  const log: string[] = [];
  const waiting = new Map<string, () => void>();
  let pulls = 0;
  port2.onmessage = ({ data }) => {
    log.push(data.kind);
    waiting.get(data.kind)?.();
    if (data.kind === 'pull') answer(port2, pulls++);
  };
  const heard = (kind: string) =>
    log.includes(kind)
      ? Promise.resolve()
      : new Promise<void>((resolve) => void waiting.set(kind, resolve));
  return { pull: new BytePull(port1), port: port2, log, heard };
}

const chunk = (bytes: Uint8Array<ArrayBuffer>) => ({ kind: 'chunk', bytes: bytes.slice().buffer });

describe('a pull', () => {
  it('is answered by one chunk', async () => {
    const { pull, log } = peer((port) => port.postMessage(chunk(pattern(3))));
    expect(await pull.next()).toEqual(chunk(pattern(3)));
    expect(log).toEqual(['pull']);
  });

  it('passes on why the engine cannot answer, and lets go of the port', async () => {
    const error = { kind: 'no-peers', message: 'Nobody has it.' };
    const { pull, heard } = peer((port) => port.postMessage({ kind: 'error', error }));
    expect(await pull.next()).toEqual({ kind: 'error', error });
    await heard('cancel');
  });

  it('ignores messages of other shapes', async () => {
    const { pull } = peer((port) => {
      for (const odd of [null, 7, {}, { kind: 'chunk' }, { kind: 'chunk', bytes: 'text' }]) {
        port.postMessage(odd);
      }
      port.postMessage(chunk(pattern(2)));
    });
    expect(await pull.next()).toEqual(chunk(pattern(2)));
  });

  it('gets an error that came before it was sent', async () => {
    const { pull, port } = peer();
    const error = { kind: 'unknown-torrent', message: 'It was removed.' };
    const arrived = new Promise((resolve) => ports[0]!.addEventListener('message', resolve));
    port.postMessage({ kind: 'error', error });
    await arrived;
    expect(await pull.next()).toEqual({ kind: 'error', error });
  });

  it('fails when the engine goes away', async () => {
    const { pull } = peer((port) => port.close());
    expect(await pull.next()).toMatchObject({ kind: 'error', error: { kind: 'engine-starting' } });
  });

  it('fails when another engine takes over, also before it was asked, and lets go of the port', async () => {
    const waiting = peer();
    const event = waiting.pull.next();
    const idle = peer();
    BytePull.breakAll();
    const error = { kind: 'error', error: { kind: 'engine-starting' } };
    expect(await event).toMatchObject(error);
    expect(await idle.pull.next()).toMatchObject(error);
    await waiting.heard('cancel');
    const after = peer((port) => port.postMessage(chunk(pattern(1))));
    expect(await after.pull.next()).toEqual(chunk(pattern(1)));
  });

  it('fails after a minute without a chunk, and tells the engine', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { pull, heard } = peer();
    const event = pull.next();
    await heard('pull');
    await vi.advanceTimersByTimeAsync(STALL_MS);
    expect(await event).toMatchObject({ kind: 'error', error: { retryAfterS: 2 } });
    await heard('cancel');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that waits is ended by a cancel', async () => {
    const { pull, heard } = peer();
    const event = pull.next();
    await heard('pull');
    pull.cancel();
    expect(await event).toEqual({ kind: 'end' });
    await heard('cancel');
  });
});

describe('a body', () => {
  /** The engine's end of a stream over `bytes`, in chunks of 100. */
  const chunks = (bytes: Uint8Array<ArrayBuffer>) => (port: MessagePort, n: number) =>
    port.postMessage(chunk(bytes.slice((n + 1) * 100, (n + 2) * 100)));

  it('is the first chunk and then those that are pulled, exactly', async () => {
    const bytes = pattern(250);
    const { pull, heard, log } = peer(chunks(bytes));
    const body = bodyOf(pull, bytes.slice(0, 100).buffer, 250);
    expect([...new Uint8Array(await new Response(body).arrayBuffer())]).toEqual([...bytes]);
    await heard('cancel');
    expect(log).toEqual(['pull', 'pull', 'cancel']);
  });

  it('pulls one chunk ahead of its reader and no more', async () => {
    const bytes = pattern(1000);
    const { pull, log, heard } = peer(chunks(bytes));
    const reader = bodyOf(pull, bytes.slice(0, 100).buffer, 1000).getReader();
    await reader.read();
    await heard('pull');
    await reader.read();
    await reader.cancel();
    await heard('cancel');
    expect(log.filter((kind) => kind === 'pull').length).toBeLessThanOrEqual(2);
  });

  it('tells the engine when its reader cancels', async () => {
    const { pull, heard } = peer();
    const body = bodyOf(pull, pattern(10).buffer, 1000);
    await body.cancel();
    await heard('cancel');
  });

  it.each([
    ['too little', (port: MessagePort) => port.postMessage({ kind: 'end' })],
    ['too much', (port: MessagePort) => port.postMessage(chunk(pattern(101)))],
  ])('fails when the engine sends %s', async (_, answer) => {
    const { pull, heard } = peer(answer);
    const body = bodyOf(pull, pattern(100).buffer, 200);
    await expect(new Response(body).arrayBuffer()).rejects.toThrow('another number of bytes');
    await heard('cancel');
  });

  it('fails with the message of an error half way', async () => {
    const error = { kind: 'storage-full', message: 'The disk is full.' };
    const { pull } = peer((port) => port.postMessage({ kind: 'error', error }));
    const body = bodyOf(pull, pattern(100).buffer, 200);
    await expect(new Response(body).arrayBuffer()).rejects.toThrow('The disk is full.');
  });
});
