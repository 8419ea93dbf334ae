/** The page over a fake engine, to look at: `?scene=busy` and so on. Never part of the app. */
import { fail, ok } from '../../../workers/contract/errors.ts';
import { FakeEngine, hashOf, makeTorrent } from '../fake-engine.ts';
import { mountPage, type MountedPage } from '../mount-page.ts';
import { BUSY_FACTS, LIBRARY, SERIES } from '../page-scenes.ts';

const NEW = hashOf('9');

const scenes: Record<string, () => MountedPage> = {
  empty: () => mountPage(new FakeEngine()),
  busy: () => mountPage(busyEngine()),
  asking: () => {
    const page = mountPage(busyEngine());
    page.app.add.offer({ text: `magnet:?xt=urn:btih:${NEW}&dn=Something` });
    return page;
  },
  refused: () => {
    const page = mountPage(busyEngine());
    void page.app.add.lookInsideText('this is not a magnet');
    return page;
  },
  looking: () => {
    const engine = busyEngine();
    const held = makeTorrent({
      infoHash: NEW,
      name: 'Something',
      state: 'metadata',
      lengthBytes: 0,
      files: [],
    });
    engine.onAdd = () => ok(held);
    const page = mountPage(engine, {
      later: (ms, callback) => {
        const timer = setTimeout(callback, ms > 10_000 ? 50 : ms);
        return () => clearTimeout(timer);
      },
    });
    void page.app.add.lookInsideText(held.magnet);
    return page;
  },
  choosing: () => {
    const engine = busyEngine();
    engine.onAdd = () => ok({ ...SERIES, infoHash: NEW });
    const page = mountPage(engine);
    void page.app.add.lookInsideText('magnet:').then(() => page.app.add.setSelected([3, 5], false));
    return page;
  },
  removing: () => {
    const page = mountPage(busyEngine());
    page.app.actions.askToRemove(SERIES);
    return page;
  },
  toasts: () => {
    const page = mountPage(busyEngine());
    page.app.toasts.show({
      tone: 'info',
      message: 'A new version of Rill is ready.',
      action: { label: 'Reload', run: () => {} },
    });
    page.app.toasts.show({ tone: 'good', message: 'Magnet link copied.' });
    page.app.toasts.error({
      kind: 'fetch-failed',
      message: 'The sample could not be fetched. Try again.',
    });
    return page;
  },
  starting: () => {
    const engine = new FakeEngine();
    return mountPage(engine, { connect: engine.connectSlowly });
  },
  failing: () => {
    const engine = new FakeEngine();
    const page = mountPage(engine, { connect: engine.connectSlowly });
    const { error } = fail(
      'storage-unavailable',
      'This browser does not let Rill store anything here. Leave private browsing, then reload.',
    );
    engine.failStart(error);
    return page;
  },
};

function busyEngine(): FakeEngine {
  const engine = new FakeEngine(LIBRARY);
  engine.facts = BUSY_FACTS;
  return engine;
}

scenes[new URL(location.href).searchParams.get('scene') ?? 'busy']?.();
