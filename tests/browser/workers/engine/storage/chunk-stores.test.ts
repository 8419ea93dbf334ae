/** One behaviour, whatever keeps the bytes: the suite over every backend, bare and as the engine uses it. */
import { afterAll } from 'vitest';
import { chunkStoreSuite } from '../../../../suites/chunk-store-suite.ts';
import { idbHarness, memoryHarness, opfsHarness } from './harnesses.ts';
import { StorageWorker } from './storage-worker.ts';

const worker = new StorageWorker();
afterAll(() => worker.kill());

chunkStoreSuite('OPFS', opfsHarness(worker, 'bare'));
chunkStoreSuite('OPFS behind queue and cache', opfsHarness(worker, 'queued'));
chunkStoreSuite('IndexedDB', idbHarness(worker, 'bare'));
chunkStoreSuite('IndexedDB behind queue and cache', idbHarness(worker, 'queued'));
chunkStoreSuite('memory', memoryHarness(worker, 'bare'));
chunkStoreSuite('memory behind queue and cache', memoryHarness(worker, 'queued'));
