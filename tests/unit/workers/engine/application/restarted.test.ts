import { expect, test } from 'vitest';
import { EventBus } from '../../../../../workers/engine/application/event-bus.ts';
import { Notices } from '../../../../../workers/engine/application/notices.ts';
import { tellOfRestart } from '../../../../../workers/engine/application/restarted.ts';
import { fakeDeps } from '../../../../support/fake-clock.ts';

test('an engine that follows one that hung tells the person once, and the events why', () => {
  const notices = new Notices(() => '2026-11-21T10:00:00.000Z');
  const events = new EventBus(fakeDeps().clock);
  tellOfRestart('stopped answering', notices, events);
  const message =
    'Rill’s engine stopped answering and was started again. Nothing that was stored is lost.';
  expect(notices.list).toMatchObject([{ kind: 'engine-restarted', message }]);
  expect(events.since(0)).toMatchObject([
    { kind: 'session:restarted', message, data: { because: 'stopped answering' } },
  ]);
});

test('the first engine of a page has nothing to tell', () => {
  const notices = new Notices(() => '');
  const events = new EventBus(fakeDeps().clock);
  tellOfRestart(undefined, notices, events);
  expect([notices.list, events.since(0)]).toEqual([[], []]);
});
