import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Engine, Health } from '../../../../workers/contract/engine.ts';
import { fail, ok, type Result } from '../../../../workers/contract/errors.ts';
import type { Broker } from '../../../../workers/service/broker.ts';
import { CALL_DEADLINE_MS, EnginePort } from '../../../../workers/service/engine-port.ts';
import { exposed } from './fakes.ts';

const health = { status: 'ok' } as Health;
const running: Partial<Engine> = { hello: () => ok({ version: 'b1' }), health: async () => health };

/** A broker whose leader and engine the test changes; every port it gave is kept. */
class FakeBroker {
  leaderName: string | null = 'tab-1';
  engine: Partial<Engine> = running;
  readonly given: { port: MessagePort; engineEnd: MessagePort }[] = [];
  leader = async () => this.leaderName;
  requestPort = async (): Promise<Result<MessagePort>> => {
    const ends = exposed(this.engine);
    this.given.push(ends);
    return ok(ends.port);
  };
}

let broker = new FakeBroker();
afterEach(() => {
  for (const { port, engineEnd } of broker.given) {
    port.close();
    engineEnd.close();
  }
  broker = new FakeBroker();
  vi.useRealTimers();
});
const newEngine = () => new EnginePort(broker as unknown as Broker, 'b1');
const askHealth = (engine: EnginePort) => engine.call(async (calls) => ok(await calls.health()));

describe('a call', () => {
  it('reaches the engine over a port that is asked for once', async () => {
    const engine = newEngine();
    expect(await Promise.all([askHealth(engine), askHealth(engine)])).toEqual([
      ok(health),
      ok(health),
    ]);
    expect(await askHealth(engine)).toEqual(ok(health));
    expect(broker.given).toHaveLength(1);
  });

  it('says its build before anything else', async () => {
    const calls: string[] = [];
    broker.engine = {
      hello: (version) => (calls.push(`hello ${version}`), ok({ version })),
      health: async () => (calls.push('health'), health),
    };
    await askHealth(newEngine());
    expect(calls).toEqual(['hello b1', 'health']);
  });

  it('fails when the two ends are of different builds, and asks for another port next time', async () => {
    broker.engine = { hello: () => fail('version-mismatch', 'Reload the page.') };
    const engine = newEngine();
    expect(await askHealth(engine)).toEqual(fail('version-mismatch', 'Reload the page.'));
    broker.engine = running;
    expect(await askHealth(engine)).toEqual(ok(health));
    expect(broker.given).toHaveLength(2);
  });

  it('fails at once when no page leads', async () => {
    broker.leaderName = null;
    expect(await askHealth(newEngine())).toMatchObject({ error: { kind: 'engine-starting' } });
    expect(broker.given).toHaveLength(0);
  });

  it('turns what the engine throws into a failure with its message', async () => {
    broker.engine = { ...running, health: () => Promise.reject(new Error('broken invariant')) };
    const result = await askHealth(newEngine());
    expect(result).toMatchObject({ ok: false, error: { kind: 'unexpected' } });
    expect(JSON.stringify(result)).toContain('broken invariant');
  });

  it('hands over the port of a stream', async () => {
    broker.engine = {
      ...running,
      async openStream(_request, port) {
        port.postMessage('from the engine');
        return ok({ path: 'clip.mp4', lengthBytes: 5 });
      },
    };
    const { port1, port2 } = new MessageChannel();
    const heard = new Promise((resolve) => {
      port1.onmessage = ({ data }) => resolve(data);
    });
    const request = { infoHash: 'h', fileIndex: 0, startByte: 0, endByte: 5 };
    const head = await newEngine().call((calls) => calls.openStream(request, port2));
    expect(head).toEqual(ok({ path: 'clip.mp4', lengthBytes: 5 }));
    expect(await heard).toBe('from the engine');
    port1.close();
  });
});

describe('the port is dropped', () => {
  it('when another page leads', async () => {
    const engine = newEngine();
    await askHealth(engine);
    broker.leaderName = 'tab-2';
    expect(await askHealth(engine)).toEqual(ok(health));
    expect(broker.given).toHaveLength(2);
  });

  it('when nobody leads any more', async () => {
    const engine = newEngine();
    await askHealth(engine);
    const closed = new Promise((resolve) =>
      broker.given[0]!.engineEnd.addEventListener('close', resolve),
    );
    broker.leaderName = null;
    await askHealth(engine);
    await closed;
  });

  it('when its other end closes, and calls that wait fail with it', async () => {
    broker.engine = {
      ...running,
      health: () => {
        broker.given[0]!.engineEnd.close();
        return new Promise<Health>(() => {});
      },
    };
    const engine = newEngine();
    expect(await askHealth(engine)).toMatchObject({ error: { kind: 'engine-starting' } });
    broker.engine = running;
    expect(await askHealth(engine)).toEqual(ok(health));
  });

  it('on request, for a new leader, and calls that wait fail at once', async () => {
    const asked = withResolvers();
    broker.engine = {
      ...running,
      health: () => {
        asked.resolve(null);
        return new Promise<Health>(() => {});
      },
    };
    const engine = newEngine();
    const result = askHealth(engine);
    await asked.promise;
    engine.drop();
    expect(await result).toMatchObject({ error: { kind: 'engine-starting' } });
  });

  it('when a call is late', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const asked = withResolvers();
    broker.engine = {
      ...running,
      health: () => {
        asked.resolve(null);
        return new Promise<Health>(() => {});
      },
    };
    const engine = newEngine();
    const result = askHealth(engine);
    await asked.promise;
    await vi.advanceTimersByTimeAsync(CALL_DEADLINE_MS);
    expect(await result).toMatchObject({ error: { kind: 'engine-starting', retryAfterS: 2 } });
    expect(vi.getTimerCount()).toBe(0);

    broker.engine = running;
    expect(await askHealth(engine)).toEqual(ok(health));
    expect(broker.given).toHaveLength(2);
  });

  it('when the engine does not even say hello', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const greeted = withResolvers();
    broker.engine = {
      hello: (() => {
        greeted.resolve(null);
        return new Promise(() => {});
      }) as unknown as Engine['hello'],
    };
    const engine = newEngine();
    const result = askHealth(engine);
    await greeted.promise;
    await vi.advanceTimersByTimeAsync(CALL_DEADLINE_MS);
    expect(await result).toMatchObject({ error: { kind: 'engine-starting' } });
  });
});

function withResolvers() {
  let resolve: (value: unknown) => void = () => {};
  const promise = new Promise((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
