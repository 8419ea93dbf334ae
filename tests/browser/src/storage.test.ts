import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { ok } from '../../../workers/contract/errors.ts';
import type { StorageSnapshot } from '../../../workers/contract/snapshot.ts';
import { axeViolations } from '../../support/axe-violations.ts';
import type { FakeEngine } from '../../support/fake-engine.ts';
import { mountPage, type MountedPage } from '../../support/mount-page.ts';
import { LIBRARY, SERIES } from '../../support/page-scenes.ts';
import {
  ARABIC,
  CHECKING,
  EVICTED,
  FULL,
  NOTICES,
  storageEngine,
} from '../../support/storage-scenes.ts';

let engine: FakeEngine;
let mounted: MountedPage | undefined;

beforeEach(async () => {
  await page.viewport(1280, 800);
  history.replaceState(null, '', '#/');
});

afterEach(async () => {
  await mounted?.destroy();
  mounted = undefined;
});

function open(hash: string, made: FakeEngine, deps: Parameters<typeof mountPage>[1] = {}): void {
  engine = made;
  history.replaceState(null, '', hash);
  mounted = mountPage(engine, deps);
}

const storage = (facts: Partial<StorageSnapshot>) => ({
  storage: {
    backend: 'opfs',
    usedBytes: 2_000_000_000,
    quotaBytes: 10_000_000_000,
    persisted: false,
    ...facts,
  } as const,
});

describe('the storage view', () => {
  test('opens from the storage line, and closing it returns there', async () => {
    open('#/', storageEngine(LIBRARY));
    const line = page.getByRole('link', { name: /Storage in this browser: 6\.4 GB used/ });
    await line.click();
    await expect.element(page.getByRole('heading', { name: 'Storage', exact: true })).toHaveFocus();
    expect(location.hash).toBe('#/storage');
    await page.getByRole('button', { name: 'Close storage' }).click();
    await expect.element(page.getByRole('heading', { name: 'Library' })).toBeVisible();
    await expect.element(line).toHaveFocus();
  });

  test('lists who takes the room, largest first, each with a way out', async () => {
    open('#/storage', storageEngine([...LIBRARY, ARABIC]));
    const region = page.getByRole('region', { name: 'What takes the room' });
    await expect.element(region.getByRole('listitem').first()).toHaveTextContent('3.5 GB');
    await expect.element(region.getByRole('listitem').nth(1)).toHaveTextContent(SERIES.name);
    await region.getByRole('button', { name: `Remove ${SERIES.name}` }).click();
    const dialog = page.getByRole('alertdialog');
    await expect.element(dialog).toHaveTextContent('2.4 GB become free');
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await expect.element(region.getByText(SERIES.name)).not.toBeInTheDocument();
    expect(engine.calls.at(-1)).toBe(`remove:${SERIES.infoHash}:delete`);
    expect(location.hash).toBe('#/storage');
    await expect.element(page.getByRole('heading', { name: 'Storage', exact: true })).toHaveFocus();
  });

  test.each([
    ['opfs', 'Files of this browser (OPFS)', true],
    ['indexeddb', 'Database of this browser (IndexedDB)', true],
    ['memory', 'Memory only', false],
    ['none', 'No storage', false],
  ] as const)('says what %s means, and why it was chosen', async (backend, title, canKeep) => {
    open('#/storage', storageEngine([], storage({ backend, reason: 'The window is private.' })));
    const region = page.getByRole('region', { name: title });
    await expect.element(region.getByText('The window is private.')).toBeVisible();
    const keep = page.getByRole('button', { name: 'Keep my downloads' });
    if (canKeep) await expect.element(keep).toBeVisible();
    else await expect.element(keep).not.toBeInTheDocument();
  });

  test('asks the browser to keep the downloads, and tells its yes', async () => {
    open('#/storage', storageEngine(LIBRARY, storage({})), { askToPersist: async () => true });
    await page.getByRole('button', { name: 'Keep my downloads' }).click();
    const region = page.getByRole('region', { name: /Files of this browser/ });
    await expect.element(region.getByText('Kept until you remove it.')).toBeVisible();
  });

  test('tells its no, and lets the person ask again', async () => {
    open('#/storage', storageEngine(LIBRARY, storage({})), { askToPersist: async () => false });
    const ask = page.getByRole('button', { name: 'Keep my downloads' });
    await ask.click();
    await expect.element(page.getByText(/The browser said no for now/)).toBeVisible();
    await expect.element(ask).toBeEnabled();
  });

  test('leads to the settings of the engine', async () => {
    open('#/storage', storageEngine(LIBRARY));
    await page.getByRole('link', { name: 'Settings' }).last().click();
    await expect
      .element(page.getByRole('switch', { name: 'Check all files at each start' }))
      .toBeVisible();
  });

  test('the library goes out as a file and comes in again', async () => {
    const clicked = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => {});
    open('#/storage', storageEngine(LIBRARY));
    engine.onImport = () => ok({ added: 2, known: 6, problems: ['“X” was damaged.'] });
    await page.getByRole('button', { name: 'Export' }).click();
    await expect.element(page.getByText(/rill-library-\d{4}-\d\d-\d\d\.json/)).toBeVisible();
    const link = clicked.mock.contexts[0] as HTMLAnchorElement;
    expect(link.download).toMatch(/^rill-library-/);
    expect(await (await fetch(link.href)).text()).toBe('{}');
    clicked.mockRestore();

    const picker = mounted?.target.querySelector<HTMLInputElement>('main input[type=file]');
    if (!picker) throw new Error('no file picker');
    await userEvent.upload(picker, new File(['{}'], 'library.json'));
    await expect
      .element(page.getByText('2 torrents added, paused. 6 were here already.'))
      .toBeVisible();
    await expect.element(page.getByText('“X” was damaged.')).toBeVisible();
  });
});

describe('a full disk', () => {
  const alert = () => page.getByRole('alert').getByText(/Storage is full\./);

  test('is said once, with what is needed and what could go, and leaves by itself', async () => {
    open('#/', storageEngine(FULL));
    const banner = page.getByRole('region', { name: 'Storage is full' });
    await expect.element(banner).toHaveTextContent('2 torrents need 1.7 GB more');
    await expect.element(banner).toHaveTextContent('about 118 MB are free');
    await expect.element(alert()).toBeInTheDocument();
    const said = new MutationObserver(() => {});
    said.observe(alert().element(), { childList: true, characterData: true, subtree: true });

    await banner.getByRole('button', { name: `Remove ${ARABIC.name}` }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
    await expect.element(banner.getByRole('listitem').first()).toHaveTextContent('1.6 GB');
    for (const { infoHash, health } of FULL) {
      if (health.kind !== 'storage-full') continue;
      // One of the two goes on first: the numbers change, and nobody is told again.
      expect(said.takeRecords()).toEqual([]);
      engine.change(infoHash, { state: 'downloading', health: { ...health, kind: 'ok' } });
    }
    await expect.element(banner).not.toBeInTheDocument();
    await expect.element(alert()).not.toBeInTheDocument();
  });

  test('leads to the storage view', async () => {
    open(`#/torrent/${SERIES.infoHash}`, storageEngine(FULL));
    await page.getByRole('link', { name: 'See what takes the room' }).click();
    await expect.element(page.getByRole('heading', { name: 'Storage', exact: true })).toBeVisible();
  });
});

describe('a torrent the browser took from', () => {
  const text = 'The browser removed 840 MB of this torrent';

  test('can be fetched again from its row', async () => {
    open('#/', storageEngine([EVICTED]));
    await expect.element(page.getByText(text)).toBeVisible();
    await page.getByRole('button', { name: `Fetch again ${EVICTED.name}` }).click();
    await expect.element(page.getByText(text)).not.toBeInTheDocument();
    expect(engine.calls).toEqual([`resume:${EVICTED.infoHash}`]);
  });

  test('can be fetched again or removed from its view', async () => {
    open(`#/torrent/${EVICTED.infoHash}`, storageEngine([EVICTED]));
    const notice = page.getByRole('region', { name: EVICTED.name }).getByRole('status');
    await expect.element(notice).toHaveTextContent(text);
    await notice.getByRole('button', { name: 'Remove' }).click();
    await expect.element(page.getByRole('alertdialog')).toBeVisible();
    await userEvent.keyboard('{Escape}');
    await notice.getByRole('button', { name: 'Fetch again' }).click();
    expect(engine.calls).toEqual([`resume:${EVICTED.infoHash}`]);
  });
});

describe('a check of the files', () => {
  test('begins on request and shows how far it is', async () => {
    open(`#/torrent/${ARABIC.infoHash}`, storageEngine([ARABIC]));
    const view = page.getByRole('region', { name: ARABIC.name });
    await view.getByRole('button', { name: 'Check files' }).click();
    expect(engine.calls).toEqual([`recheck:${ARABIC.infoHash}`]);
    engine.change(ARABIC.infoHash, { check: { progress: 0.4237, isPaused: false } });
    const bar = view.getByRole('progressbar', { name: 'Check of the files' });
    await expect.element(bar).toHaveAttribute('aria-valuenow', '42');
    await expect.element(view.getByText('Checking 42%')).toBeVisible();
    await expect.element(view.getByRole('button', { name: 'Check files' })).toBeDisabled();
  });

  test('pauses and goes on from the row', async () => {
    open('#/', storageEngine([CHECKING]));
    await expect
      .element(page.getByRole('progressbar', { name: `Check of ${ARABIC.name}` }))
      .toHaveAttribute('aria-valuenow', '42');
    await page.getByRole('button', { name: `Pause ${ARABIC.name}` }).click();
    engine.change(ARABIC.infoHash, { check: { progress: 0.43, isPaused: true } });
    await expect.element(page.getByText('Check paused at 43%')).toBeVisible();
    await page.getByRole('button', { name: `Resume ${ARABIC.name}` }).click();
    expect(engine.calls).toEqual([`pause:${ARABIC.infoHash}`, `resume:${ARABIC.infoHash}`]);
  });
});

test('a notice stays until it is dismissed', async () => {
  open('#/', storageEngine(LIBRARY, { notices: NOTICES }));
  const [first, second] = NOTICES;
  await page.getByRole('button', { name: 'Dismiss notice' }).first().click();
  await expect.element(page.getByText(first!.message)).not.toBeInTheDocument();
  await expect.element(page.getByText(second!.message)).toBeVisible();
  expect(engine.calls).toEqual(['dismissNotice:1']);
});

test('the browser is asked to keep the storage at the first add, and only then', async () => {
  const askToPersist = vi.fn(async () => true);
  open('#/', storageEngine([]), { askToPersist });
  for (const torrent of [SERIES, ARABIC]) {
    engine.onAdd = () => ok(torrent);
    void mounted?.app.add.lookInsideText(torrent.magnet);
    expect(askToPersist).toHaveBeenCalledTimes(torrent === SERIES ? 0 : 1);
    await page.getByRole('button', { name: 'Download' }).click();
    await expect.element(page.getByRole('dialog')).not.toBeInTheDocument();
  }
  expect(askToPersist).toHaveBeenCalledOnce();
});

describe('fits and can be read', () => {
  const scenes: Record<string, () => void> = {
    storage: () => open('#/storage', storageEngine([...LIBRARY, ARABIC, EVICTED])),
    memory: () => open('#/storage', storageEngine([], storage({ backend: 'memory' }))),
    full: () => open('#/', storageEngine(FULL)),
    evicted: () => open(`#/torrent/${EVICTED.infoHash}`, storageEngine([EVICTED])),
    checking: () => open(`#/torrent/${ARABIC.infoHash}`, storageEngine([CHECKING])),
    notices: () => open('#/', storageEngine(LIBRARY, { notices: NOTICES })),
  };
  for (const [name, show] of Object.entries(scenes)) {
    for (const width of [360, 1600]) {
      test(`${name} at ${width} px`, async () => {
        await page.viewport(width, 800);
        show();
        await expect.element(page.getByRole('heading', { level: 2 }).first()).toBeVisible();
        const { scrollWidth, clientWidth } = document.documentElement;
        expect(scrollWidth - clientWidth).toBe(0);
        expect(await axeViolations()).toEqual([]);
      });
    }
  }
});
