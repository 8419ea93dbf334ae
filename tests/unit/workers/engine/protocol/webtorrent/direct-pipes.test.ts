/** What lies between a peer's data channel and its wire, in a real torrent: nothing. */
import { afterEach, expect, it } from 'vitest';
import { HostileScene, message, tasks, uint32 } from './hostile-scene.ts';

const HAVE = 4;
const INTERESTED = 2;
let scene: HostileScene;
afterEach(() => scene.leave());

it('a message is parsed in the task that brings it', async () => {
  scene = await HostileScene.enter('open');
  const peer = await scene.hostile();
  const [wire] = scene.torrent.wires;
  expect(wire!.peerPieces.get(3)).toBe(false);
  peer.send(message(HAVE, uint32(3)));
  expect(wire!.peerPieces.get(3)).toBe(true);
});

it('what is sent in one task is one message of the channel', async () => {
  scene = await HostileScene.enter('open');
  const peer = await scene.hostile();
  let messages = 0;
  peer.onHeard = () => messages++;
  // We are interested in it, and ask for two blocks as soon as it lets us.
  peer.send(Buffer.concat([message(HAVE, uint32(3)), message(HAVE, uint32(4)), message(1)]));
  await tasks(2);
  expect(peer.count(INTERESTED)).toBe(1);
  expect(peer.count(6)).toBeGreaterThan(1);
  expect(messages).toBe(1);
});
