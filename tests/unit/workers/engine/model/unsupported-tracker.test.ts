import { expect, test } from 'vitest';
import { whyUnsupported } from '../../../../../workers/engine/model/unsupported-tracker.ts';

test.each([
  ['wss://t.test/', null],
  ['ws://localhost:8000/', null],
  ['udp://t.test:80/announce', /UDP/],
  ['UDP://t.test:80', /UDP/],
  ['http://t.test/announce', /HTTP/],
  ['https://t.test/announce', /HTTP/],
  ['no address at all', null],
])('%s', (url, why) => {
  if (why) expect(whyUnsupported(url)).toMatch(why);
  else expect(whyUnsupported(url)).toBeNull();
});
