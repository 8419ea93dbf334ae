/** Composition root of the engine: decides what stands behind each port, and connects. */
import './engine/protocol/webtorrent/polyfills.ts';
import { BEAT_MS, type WorkerMessage, type WorkerReply } from './contract/engine.ts';
import { BUILD_VERSION } from './contract/version.ts';
import { Session } from './engine/application/session.ts';
import { reasonOf } from './engine/application/reason-of.ts';
import { createDeps } from './engine/browser-deps.ts';
import { followNetwork } from './engine/browser-network.ts';
import { servePort } from './engine/client-ports.ts';
import { RtcPool } from './engine/protocol/rtc-peer/rtc-pool.ts';
import { WebtorrentSwarm } from './engine/protocol/webtorrent/swarm.ts';
import { isLoopbackHost } from './engine/readers/host-policy.ts';
import { openStorage } from './engine/storage/open-storage.ts';

const deps = createDeps();
const started = Promise.withResolvers<Session>();

async function start(message: Extract<WorkerMessage, { kind: 'start' }>): Promise<WorkerReply> {
  const { baseUrl, checkpointIntervalS = 5, cleanupPeriodS = 300 } = message;
  const { restartedBecause, isTakeover = false } = message;
  const swarm = new WebtorrentSwarm(new RtcPool(message.rtcPort), deps);
  followNetwork((isOnline) => swarm.setOnline(isOnline));
  const session = await Session.start({
    storage: await openStorage(deps),
    swarm,
    deps,
    version: BUILD_VERSION,
    policy: { baseUrl, isLoopbackApp: isLoopbackHost(new URL(baseUrl).hostname) },
    checkpointIntervalS,
    cleanupPeriodS,
    isTakeover,
    ...(restartedBecause !== undefined && { restartedBecause }),
  });
  started.resolve(session);
  return { kind: 'ready' };
}

function failed(error: unknown): WorkerReply {
  deps.log('error', 'the engine could not start', error);
  return { kind: 'failed', error: reasonOf(error) };
}

const say = (reply: WorkerReply) => postMessage(reply);

addEventListener('message', ({ data }: MessageEvent<WorkerMessage | undefined>) => {
  if (data?.kind === 'start') void start(data).catch(failed).then(say);
  else if (data?.kind === 'connect' && data.port instanceof MessagePort) {
    const { port, aliveLock, origin = 'person' } = data;
    void started.promise.then((session) => servePort(session, port, aliveLock, origin));
  }
});

say({ kind: 'beat' });
deps.clock.every(BEAT_MS, () => say({ kind: 'beat' }));
