import { expect, test } from 'vitest';
import { EngineClient } from '../../../../src/engine/engine-client.svelte.ts';
import { UseBeat } from '../../../../src/engine/use-beat.ts';
import { settled } from '../../../support/fake-clock.ts';
import { FakeEngine, hashOf, makeTorrent } from '../../../support/fake-engine.ts';

test('while something plays the engine is told, at once and then every twenty seconds', async () => {
  const infoHash = hashOf('a');
  const engine = new FakeEngine([makeTorrent({ infoHash })]);
  let nowMs = 5;
  const beat = new UseBeat(new EngineClient(engine.connect), infoHash, () => nowMs);
  expect(engine.calls).toEqual([]);
  for (; nowMs < 45_005; nowMs += 250) beat.advanced();
  await settled();
  expect(engine.calls).toEqual(new Array(3).fill(`played:${infoHash}`));
});
