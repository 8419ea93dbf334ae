/**
 * What the event log costs where the engine runs: how fast it takes events with readers at three ports in other threads and
 * IndexedDB behind it, and how much slower pieces are hashed and stored beside 10,000 events a second.
 */
import type { NewEvent } from '../../../workers/contract/events.ts';
import { pieceIndex, toInfoHash } from '../../../workers/contract/ids.ts';
import { EventLog } from '../../../workers/engine/application/event-log.ts';
import { createDeps } from '../../../workers/engine/browser-deps.ts';
import { PieceMap } from '../../../workers/engine/model/piece-map.ts';
import { CachedStore } from '../../../workers/engine/storage/cached-store.ts';
import { EventPages } from '../../../workers/engine/storage/catalogue/event-pages.ts';
import { OpfsBackend } from '../../../workers/engine/storage/opfs/opfs-backend.ts';
import { WriteBudget } from '../../../workers/engine/storage/queue/write-budget.ts';
import { WriteQueue } from '../../../workers/engine/storage/queue/write-queue.ts';
import { ReadCache } from '../../../workers/engine/storage/read-cache.ts';
import { answerInput } from '../answer-input.ts';

export interface FloodInput {
  readonly readers: number;
  readonly eventsPerSecond: number;
  readonly totalBytes: number;
  readonly rounds: number;
}

export interface FloodAnswer {
  /** Events a second the log takes when nothing else is done. */
  readonly takenPerSecond: readonly number[];
  /** Messages a second that a reader got meanwhile. */
  readonly answersPerSecond: readonly number[];
  /** Pieces hashed and stored, in MB/s, without events and with. */
  readonly alone: readonly number[];
  readonly beside: readonly number[];
  /** How many events a second there really were, and how many of them each reader got. */
  readonly emittedPerSecond: readonly number[];
  readonly readShare: readonly number[];
}

const MIB = 1024 * 1024;
const INFO_HASH = toInfoHash('7'.repeat(40))!;
const PIECE_LENGTH = 256 * 1024;
const QUEUE_BYTES = 32 * MIB;
const TAKE_MS = 1_000;
const deps = createDeps();
const backend = new OpfsBackend(deps.clock);

/** In a thread of its own: asks again with each answer, and says what it has when it is asked. */
const READER = `
  onmessage = ({ ports: [port] }) => {
    let events = 0, answers = 0;
    port.onmessage = ({ data }) => {
      if (data === 'count') return port.postMessage({ events, answers });
      events += data.events.length;
      answers += data.events.length > 0;
      port.postMessage(data.next);
    };
    port.postMessage(null);
  };`;

interface Count {
  readonly events: number;
  readonly answers: number;
}

class Reader {
  readonly #port: MessagePort;
  #tell: (count: Count) => void = () => {};

  constructor(log: EventLog) {
    const { port1, port2 } = new MessageChannel();
    const worker = new Worker(URL.createObjectURL(new Blob([READER])));
    this.#port = port1;
    port1.addEventListener('message', ({ data }: MessageEvent<Count | number | null>) => {
      if (typeof data === 'object' && data !== null) return this.#tell(data);
      void log.answer(data, 1_000, 15_000).then((answer) => {
        if (answer.ok) port1.postMessage(answer.value);
      });
    });
    port1.start();
    worker.postMessage(null, [port2]);
  }

  count(): Promise<Count> {
    return new Promise((resolve) => {
      this.#tell = resolve;
      this.#port.postMessage('count');
    });
  }
}

answerInput(async (input: FloodInput): Promise<FloodAnswer> => {
  const log = await EventLog.open(new EventPages('rill-bench'), deps);
  deps.clock.every(5_000, () => void log.flush());
  const readers = Array.from({ length: input.readers }, () => new Reader(log));
  await Promise.all(readers.map((reader) => reader.count()));
  const map = new PieceMap(input.totalBytes, PIECE_LENGTH);
  const answer = {
    takenPerSecond: [] as number[],
    answersPerSecond: [] as number[],
    alone: [] as number[],
    beside: [] as number[],
    emittedPerSecond: [] as number[],
    readShare: [] as number[],
  };
  // The warm-up makes the files.
  await storePieces(map);
  for (let round = 0; round < input.rounds; round++) {
    answer.alone.push(await storePieces(map));
    const before = await Promise.all(readers.map((reader) => reader.count()));
    const stop = flood(log, input.eventsPerSecond);
    const beganMs = performance.now();
    answer.beside.push(await storePieces(map));
    const seconds = (performance.now() - beganMs) / 1000;
    const emitted = stop();
    answer.emittedPerSecond.push(emitted / seconds);
    await passed(200);
    const after = await Promise.all(readers.map((reader) => reader.count()));
    after.forEach(({ events, answers }, index) => {
      answer.readShare.push((events - before[index]!.events) / emitted);
      answer.answersPerSecond.push((answers - before[index]!.answers) / seconds);
    });
  }
  for (let round = 0; round < input.rounds; round++) answer.takenPerSecond.push(await take(log));
  return answer;
});

/** Emits so many a second in ticks of 10 ms until it is stopped; returns how many there were. */
function flood(log: EventLog, perSecond: number): () => number {
  const beganMs = performance.now();
  let emitted = 0;
  const catchUp = () => {
    const due = ((performance.now() - beganMs) / 1000) * perSecond;
    for (; emitted < due; emitted++) log.emit(eventOf(emitted));
  };
  const timer = setInterval(catchUp, 10);
  return () => {
    clearInterval(timer);
    catchUp();
    return emitted;
  };
}

/** As many as go in: a tick of ten thousand, then whoever waits has a turn. */
async function take(log: EventLog): Promise<number> {
  const beganMs = performance.now();
  let emitted = 0;
  while (performance.now() - beganMs < TAKE_MS) {
    for (const until = emitted + 10_000; emitted < until; emitted++) log.emit(eventOf(emitted));
    await passed(0);
  }
  return (emitted * 1000) / (performance.now() - beganMs);
}

/** One in a hundred is of a kind that lasts and goes to storage. */
function eventOf(n: number): NewEvent {
  const kind = n % 100 === 0 ? 'torrent:error' : 'torrent:piece';
  const data = { piece: n, piecesHave: n, pieceCount: 1e6 };
  return { kind, infoHash: INFO_HASH, message: `Piece ${n} is here.`, data };
}

/** Hashes each piece and stores it, two at a time, as fast as it goes. MB/s. */
async function storePieces(map: PieceMap): Promise<number> {
  const store = backend.openStore(INFO_HASH, map, () => {});
  const cached = new CachedStore(store, map, new ReadCache(0));
  const budget = new WriteBudget(QUEUE_BYTES);
  const queue = new WriteQueue(cached, { map, budget, clock: deps.clock });
  const bytes = crypto.getRandomValues(new Uint8Array(65_536));
  const pieces = [0, 1].map(() => new Uint8Array(PIECE_LENGTH).map((_, i) => bytes[i % 65_536]!));
  let next = 0;
  const beganMs = performance.now();
  await Promise.all(
    pieces.map(async (piece) => {
      while (next < map.pieceCount) {
        const index = next++;
        await crypto.subtle.digest('SHA-1', piece);
        await queue.write(pieceIndex(index), piece);
      }
    }),
  );
  const speed = map.lengthBytes / 1e3 / (performance.now() - beganMs);
  await queue.flush();
  await queue.close();
  return speed;
}

/** Time is what is measured against here. */
function passed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
