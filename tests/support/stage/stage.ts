/** The page over a fake engine, to look at: `?scene=busy` and so on. Never part of the app. */
import { fail, ok } from '../../../workers/contract/errors.ts';
import { FakeEngine, hashOf, makeTorrent } from '../fake-engine.ts';
import { mountPage, type MountedPage } from '../mount-page.ts';
import { BUSY_FACTS, LIBRARY, SERIES } from '../page-scenes.ts';
import { ARABIC, CHECKING, EVICTED, FULL, NOTICES, storageEngine } from '../storage-scenes.ts';

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

scenes['storage'] = () => mountPage(storageEngine([...LIBRARY, ARABIC, EVICTED]));
scenes['memory'] = () =>
  mountPage(
    storageEngine([{ ...SERIES, storedBytes: 402_000_000 }], {
      storage: {
        backend: 'memory',
        reason: 'This window is private: it offers neither files nor a database to a page.',
        usedBytes: 412_000_000,
        quotaBytes: 1_073_741_824,
        persisted: false,
      },
    }),
  );
scenes['refusing'] = () => {
  const engine = storageEngine(LIBRARY.slice(0, 3), {
    storage: {
      backend: 'indexeddb',
      reason: 'This window is private: it offers a page no files of its own.',
      usedBytes: 2_460_000_000,
      quotaBytes: 0,
      persisted: false,
    },
  });
  engine.onImport = () =>
    ok({
      added: 12,
      known: 3,
      problems: ['“Rain on tin roofs” was left out: its metadata does not match its info hash.'],
    });
  const page = mountPage(engine, { askToPersist: async () => false });
  void page.app.persistence.ask();
  setTimeout(() => {
    const picker = page.target.querySelector<HTMLInputElement>('.storage input[type=file]');
    const files = new DataTransfer();
    files.items.add(new File(['{}'], 'library.json'));
    if (!picker) return;
    picker.files = files.files;
    picker.dispatchEvent(new Event('change', { bubbles: true }));
    const [size] = page.target.querySelectorAll<HTMLInputElement>('.storage input[type=number]');
    if (!size) return;
    size.value = '900';
    size.dispatchEvent(new Event('change', { bubbles: true }));
  }, 200);
  return page;
};
scenes['full'] = () => mountPage(storageEngine(FULL));
scenes['evicted'] = () => mountPage(storageEngine([EVICTED, ...LIBRARY]));
scenes['checking'] = () =>
  mountPage(
    storageEngine([
      CHECKING,
      {
        ...SERIES,
        check: { progress: 0.12, isPaused: true },
        state: 'paused',
        downloadBps: 0,
        uploadBps: 0,
      },
      ...LIBRARY.slice(1),
    ]),
  );
scenes['notices'] = () => mountPage(storageEngine(LIBRARY, { notices: NOTICES }));

function busyEngine(): FakeEngine {
  const engine = new FakeEngine(LIBRARY);
  engine.facts = BUSY_FACTS;
  return engine;
}

scenes[new URL(location.href).searchParams.get('scene') ?? 'busy']?.();
