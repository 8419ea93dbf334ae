import { tick } from 'svelte';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { ok } from '../../../workers/contract/errors.ts';
import { axeViolations } from '../../support/axe-violations.ts';
import { FakeEngine, hashOf, makeFile, makeTorrent } from '../../support/fake-engine.ts';
import { mountPage, type MountedPage } from '../../support/mount-page.ts';
import { BUSY_FACTS, LIBRARY, SERIES } from '../../support/page-scenes.ts';

const infoHash = hashOf('9');
const NEW = makeTorrent({
  infoHash,
  name: 'New film',
  files: [makeFile(0, 'New film/film.mp4', 10_000_000), makeFile(1, 'New film/notes.txt', 10)],
});

let engine: FakeEngine;
let mounted: MountedPage | undefined;

beforeEach(async () => {
  await page.viewport(1280, 800);
  history.replaceState(null, '', '#/');
  engine = new FakeEngine(LIBRARY);
  engine.facts = BUSY_FACTS;
  engine.onAdd = () => ok(NEW);
});

afterEach(async () => {
  await mounted?.destroy();
  mounted = undefined;
});

/** The person's paste, anywhere on the page. */
function paste(text: string): void {
  const clipboardData = new DataTransfer();
  clipboardData.setData('text/plain', text);
  document.body.dispatchEvent(
    new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }),
  );
}

const widthOverflow = () =>
  document.documentElement.scrollWidth - document.documentElement.clientWidth;

describe('adding', () => {
  test('paste anywhere, Enter: it downloads, and its detail is open', async () => {
    mounted = mountPage(new FakeEngine());
    await mounted.destroy();
    mounted = mountPage(engine);
    paste('magnet:?xt=urn:btih:x');
    await expect.element(page.getByRole('dialog', { name: 'What to download' })).toBeVisible();
    await expect.element(page.getByRole('button', { name: 'Download' })).toHaveFocus();
    await userEvent.keyboard('{Enter}');
    await expect.element(page.getByRole('dialog')).not.toBeInTheDocument();
    expect(engine.calls).toEqual(['add:magnet:?xt=urn:btih:x', `start:${infoHash}:all`]);
    await expect.element(page.getByRole('region', { name: 'New film' })).toBeVisible();
  });

  test('by keyboard alone: the box, one file less, download', async () => {
    engine = new FakeEngine();
    engine.onAdd = () => ok(NEW);
    mounted = mountPage(engine);
    await page.getByRole('textbox', { name: 'Magnet link or info hash' }).click();
    await userEvent.keyboard('magnet:?x{Enter}');
    await expect.element(page.getByRole('checkbox', { name: 'notes.txt' })).toBeChecked();
    await page.getByRole('checkbox', { name: 'notes.txt' }).click();
    await expect.element(page.getByText('1 of 2 selected')).toBeVisible();
    await page.getByRole('button', { name: 'Download' }).click();
    expect(engine.calls.at(-1)).toBe(`start:${infoHash}:0`);
  });

  test('a link in the URL asks first, and Escape says no', async () => {
    mounted = mountPage(engine);
    mounted.app.add.offer({ text: 'magnet:?x' });
    await expect.element(page.getByRole('dialog', { name: 'Open this?' })).toBeVisible();
    expect(await axeViolations()).toEqual([]);
    await userEvent.keyboard('{Escape}');
    await expect.element(page.getByRole('dialog')).not.toBeInTheDocument();
    expect(engine.calls).toEqual([]);
  });

  test('a refused text says why, where it was typed', async () => {
    engine.onAdd = new FakeEngine().onAdd;
    mounted = mountPage(engine);
    paste('nonsense');
    const box = page.getByRole('textbox', { name: 'Magnet link or info hash' });
    await expect.element(box).toHaveValue('nonsense');
    await expect.element(box).toHaveAccessibleDescription(/not a magnet link/);
  });

  test('pasting into a field is only a paste', async () => {
    mounted = mountPage(new FakeEngine());
    const box = page.getByRole('textbox').element();
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', 'magnet:?x');
    box.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
    await tick();
    expect(mounted.app.add.state.kind).toBe('closed');
  });

  test('a dropped .torrent is looked into', async () => {
    mounted = mountPage(engine);
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['d'], 'a.torrent'));
    document.body.dispatchEvent(
      new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }),
    );
    await expect.element(page.getByRole('dialog', { name: 'What to download' })).toBeVisible();
    expect(engine.calls).toEqual(['add:file']);
  });
});

describe('the library', () => {
  test('opening a torrent and closing it returns to its row', async () => {
    mounted = mountPage(engine);
    const row = page.getByRole('link', { name: SERIES.name, exact: true });
    await row.click();
    await expect
      .element(page.getByRole('heading', { name: SERIES.name, level: 2 }).last())
      .toHaveFocus();
    await page.getByRole('button', { name: 'Close details' }).click();
    await expect.element(row).toHaveFocus();
  });

  test('pausing, and removing with its data after a question', async () => {
    mounted = mountPage(engine);
    await page.getByRole('button', { name: `Pause ${SERIES.name}` }).click();
    await expect.element(page.getByRole('button', { name: `Resume ${SERIES.name}` })).toBeVisible();
    await page.getByRole('link', { name: SERIES.name, exact: true }).click();
    await page.getByRole('button', { name: 'Remove' }).click();
    await expect.element(page.getByRole('alertdialog')).toBeVisible();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
    await expect.element(page.getByText(`Removed “${SERIES.name}”.`)).toBeVisible();
    expect(engine.calls.at(-1)).toBe(`remove:${SERIES.infoHash}:delete`);
    expect(location.hash).toBe('#/');
  });

  test('a torrent that waits says where, and can be moved, called urgent and started', async () => {
    history.replaceState(null, '', `#/torrent/${SERIES.infoHash}`);
    mounted = mountPage(engine);
    engine.change(SERIES.infoHash, { state: 'queued', queuePosition: 4, downloadBps: 0 });
    await expect.element(page.getByText('Waiting its turn: 4th').last()).toBeVisible();
    await expect.element(page.getByRole('switch', { name: 'Start now' })).toBeVisible();
    expect(await axeViolations()).toEqual([]);
    await page.getByRole('button', { name: 'Move up' }).click();
    await expect.poll(() => engine.calls.at(-1)).toBe(`move:${SERIES.infoHash}:up`);
    await page.getByRole('combobox', { name: 'Priority in the queue' }).selectOptions('High');
    await expect.element(page.getByText('High priority')).toBeVisible();
    await page.getByRole('switch', { name: 'Start now' }).click();
    await expect
      .poll(() => engine.calls.at(-1))
      .toBe(`change:${SERIES.infoHash}:{"isForced":true}`);
    // It stays unfolded: the focus is in it.
    engine.change(SERIES.infoHash, { state: 'downloading', queuePosition: 0 });
    await expect.element(page.getByText('Started now, beside the queue.')).toBeVisible();
  });

  test('who is banned is listed, and can be let back in', async () => {
    history.replaceState(null, '', `#/torrent/${SERIES.infoHash}`);
    mounted = mountPage(engine);
    const banned = page.getByRole('heading', { name: 'Banned' });
    await banned.click();
    await page.getByRole('button', { name: 'Lift the ban of libtorrent 2.1' }).click();
    await expect.element(page.getByText('libtorrent 2.1')).not.toBeInTheDocument();
    expect(engine.calls.at(-1)).toBe(`liftBan:${BUSY_FACTS.bans[0].id}`);
    await page.getByRole('button', { name: 'Lift the ban of https://seed.example/' }).click();
    await expect.element(banned).not.toBeInTheDocument();
    await expect.poll(() => document.activeElement?.id).toBe('main');
  });

  test('what is wrong with a torrent is said, since when and why, and what helps is a button', async () => {
    const alone = LIBRARY.find(({ health }) => health.kind === 'no-peers')!;
    history.replaceState(null, '', `#/torrent/${alone.infoHash}`);
    mounted = mountPage(engine);
    await expect.element(page.getByText(alone.health.message)).toBeVisible();
    const why = page.getByText('Why Rill says so');
    await why.click();
    for (const fact of alone.health.evidence) {
      await expect.element(page.getByText(fact)).toBeVisible();
    }
    expect(await axeViolations()).toEqual([]);
    await page.getByRole('button', { name: 'Ask the trackers now' }).click();
    expect(engine.calls.at(-1)).toBe(`reannounce:${alone.infoHash}`);
    await expect.element(page.getByRole('link', { name: 'Tracker settings' })).toBeVisible();

    engine.change(alone.infoHash, {
      health: { ...alone.health, kind: 'storage', message: 'Writing failed.', evidence: [] },
    });
    await expect.element(why).not.toBeInTheDocument();
    await page.getByRole('button', { name: 'Try to store again' }).click();
    expect(engine.calls.at(-1)).toBe(`resume:${alone.infoHash}`);
    await expect.element(page.getByText('Writing failed.')).not.toBeInTheDocument();
  });

  test('a name cannot pretend to be another', async () => {
    mounted = mountPage(engine);
    await expect.element(page.getByText(/photo‹RLO›gpj\.exe/)).toBeVisible();
  });

  test('an engine that cannot start says what to do', async () => {
    const broken = new FakeEngine();
    mounted = mountPage(broken, { connect: broken.connectSlowly });
    broken.failStart({ kind: 'storage-unavailable', message: 'Leave private browsing.' });
    await expect.element(page.getByText('Leave private browsing.')).toBeVisible();
    await expect.element(page.getByRole('button', { name: 'Reload' })).toBeVisible();
  });
});

describe('fits and can be read', () => {
  const scenes: Record<string, () => Promise<void>> = {
    empty: async () => {
      mounted = mountPage(new FakeEngine());
      await expect.element(page.getByRole('heading', { level: 1 })).toBeVisible();
    },
    library: async () => {
      mounted = mountPage(engine);
      await expect.element(page.getByRole('heading', { name: 'Library' })).toBeVisible();
    },
    detail: async () => {
      history.replaceState(null, '', `#/torrent/${SERIES.infoHash}`);
      mounted = mountPage(engine);
      await expect.element(page.getByRole('heading', { name: 'Files' })).toBeVisible();
      for (const fold of mounted.target.querySelectorAll('details')) fold.open = true;
    },
    'no peer can be reached': async () => {
      const problem =
        '7 peers were tried and none could be reached. A router or firewall on the way…';
      const connections = { open: 0, pending: 5, budget: 60, problem };
      engine.facts = { ...BUSY_FACTS, connections };
      mounted = mountPage(engine);
      const status = page.getByRole('status', { name: 'Connections' });
      await expect.element(status).toHaveTextContent(problem);
    },
    choosing: async () => {
      mounted = mountPage(engine);
      paste('magnet:?x');
      await expect.element(page.getByRole('button', { name: 'Download' })).toBeVisible();
    },
  };
  for (const [name, open] of Object.entries(scenes)) {
    for (const width of [360, 1600]) {
      test(`${name} at ${width} px`, async () => {
        await page.viewport(width, 800);
        await open();
        expect(widthOverflow()).toBe(0);
        expect(await axeViolations()).toEqual([]);
      });
    }
  }
});
