import { expect, test } from 'vitest';
import { SnapshotPublisher } from '../../../../../workers/engine/application/snapshot-publisher.ts';
import { FakeClock } from '../../../../support/fake-clock.ts';

function scene() {
  const clock = new FakeClock();
  let taken = 0;
  const publisher = new SnapshotPublisher(clock, () => ++taken);
  return { clock, publisher, taken: () => taken };
}

test('a new listener is told the present state at once', () => {
  const { publisher } = scene();
  const heard: number[] = [];
  publisher.add((snapshot) => heard.push(snapshot));
  expect(heard).toEqual([1]);
});

test('the first change of a quiet time is told at once', () => {
  const { clock, publisher } = scene();
  const heard: number[] = [];
  publisher.add((snapshot) => heard.push(snapshot));
  clock.advance(10_000);
  publisher.changed();
  clock.advance(0);
  expect(heard).toEqual([1, 2]);
});

test('however often something changes, it is told four times a second, and the last change is not lost', () => {
  const { clock, publisher, taken } = scene();
  const at: number[] = [];
  publisher.add(() => at.push(clock.now()));
  at.length = 0;
  for (let ms = 0; ms < 10_000; ms += 10) {
    publisher.changed();
    clock.advance(10);
  }
  // One at once, then one every 250 ms.
  expect(at).toHaveLength(1 + 10_000 / 250);
  for (let i = 1; i < at.length; i++) expect(at[i]! - at[i - 1]!).toBeGreaterThanOrEqual(250);
  const before = taken();
  publisher.changed();
  clock.advance(250);
  expect(taken()).toBe(before + 1);
});

test('progress alone is told once a second, and waits for nothing that changed meanwhile', () => {
  const { clock, publisher } = scene();
  const at: number[] = [];
  publisher.add(() => at.push(clock.now()));
  at.length = 0;
  const startMs = clock.now();
  for (let ms = 0; ms < 3_000; ms += 10) {
    publisher.progressed();
    if (ms === 1_100) publisher.changed();
    clock.advance(10);
  }
  expect(at.map((ms) => ms - startMs)).toEqual([0, 1_000, 1_250, 2_250]);
});

test('a listener that fails is dropped and the others are still told', () => {
  const { clock, publisher } = scene();
  const heard: number[] = [];
  let failures = 0;
  publisher.add(() => {
    failures++;
    if (failures > 1) throw new Error('its tab is gone');
  });
  publisher.add((snapshot) => heard.push(snapshot));
  for (let i = 0; i < 3; i++) {
    publisher.changed();
    clock.advance(250);
  }
  expect(failures).toBe(2);
  expect(heard).toHaveLength(4);
});

test('who stopped listening hears nothing more, and with nobody listening no snapshot is made', () => {
  const { clock, publisher, taken } = scene();
  const heard: number[] = [];
  const stop = publisher.add((snapshot) => heard.push(snapshot));
  stop();
  publisher.changed();
  clock.advance(1_000);
  expect(heard).toEqual([1]);
  expect(taken()).toBe(1);
});
