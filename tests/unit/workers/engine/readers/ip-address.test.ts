import { expect, test } from 'vitest';
import { networkOfAddress } from '../../../../../workers/engine/readers/ip-address.ts';

test.each([
  ['9.9.9.9', '9.9.9.9'],
  ['9.9.9.9:51413', '9.9.9.9'],
  ['2a00:1450:4001:82a::200e', '2a00:1450:4001:82a::/64'],
  ['[2A00:1450:4001:082a::200e]:443', '2a00:1450:4001:82a::/64'],
  ['2a00::1', '2a00:0:0:0::/64'],
  ['127.0.0.1', null],
  ['10.1.2.3:4', null],
  ['::1', null],
  ['::ffff:9.9.9.9', null],
  ['fe80::1', null],
  ['fe80::1%eth0', null],
  ['fd00::1', null],
  ['0f3a-1b2c.local', null],
  ['example.com', null],
  ['', null],
  ['not an address', null],
])('the public network of %j is %j', (address, network) => {
  expect(networkOfAddress(address)).toBe(network);
});
