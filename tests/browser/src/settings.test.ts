/** What a person can set, for all torrents and for one, with a real browser's controls. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import { axeViolations } from '../../support/axe-violations.ts';
import { FakeEngine, hashOf } from '../../support/fake-engine.ts';
import { mountPage, type MountedPage } from '../../support/mount-page.ts';
import { LIBRARY, SERIES } from '../../support/page-scenes.ts';

let engine: FakeEngine;
let mounted: MountedPage | undefined;

beforeEach(async () => {
  await page.viewport(1280, 800);
});

afterEach(async () => {
  await mounted?.destroy();
  mounted = undefined;
});

function open(hash: string): void {
  engine = new FakeEngine(LIBRARY);
  history.replaceState(null, '', hash);
  mounted = mountPage(engine);
}

async function fill(name: string, value: string): Promise<void> {
  const field = page.getByLabelText(name, { exact: true });
  await field.fill(value);
  await userEvent.tab();
}

describe('the settings view', () => {
  test('opens from the header, and closing it returns there', async () => {
    open('#/');
    await page.getByRole('link', { name: 'Settings' }).click();
    await expect.element(page.getByRole('heading', { name: 'Settings' })).toHaveFocus();
    expect(location.hash).toBe('#/settings');
    expect(await axeViolations()).toEqual([]);
    await page.getByRole('button', { name: 'Close settings' }).click();
    await expect.element(page.getByRole('heading', { name: 'Library' })).toBeVisible();
  });

  test('sends a number when it is left, and says that it is saved', async () => {
    open('#/settings');
    await fill('Upload slots', '9');
    await expect.element(page.getByText('Saved.')).toBeVisible();
    expect(engine.settings.uploadSlots).toBe(9);
  });

  test('takes when a download stalls, and how patiently it is helped', async () => {
    open('#/settings');
    await fill('Stalled after', '45');
    await fill('Try at most', '7');
    await fill('Wait longer each time, by a factor of', '1.5');
    await expect
      .poll(() => engine.settings)
      .toMatchObject({ healthCheckIntervalS: 45, maxRetries: 7, retryBackoffFactor: 1.5 });
    await fill('Stalled after', '4');
    const field = page.getByLabelText('Stalled after', { exact: true });
    await expect.element(field).toHaveAccessibleDescription(/seconds from 5 to 3600/);
  });

  test('says at the field what is wrong, and keeps what was', async () => {
    open('#/settings');
    await fill('Upload slots', '900');
    const field = page.getByLabelText('Upload slots', { exact: true });
    await expect.element(field).toHaveAccessibleDescription(/whole number from 1 to 50/);
    await expect.element(field).toHaveAttribute('aria-invalid', 'true');
    expect(engine.settings.uploadSlots).toBe(4);
  });

  test('sets how long what failed rests, and how much scripts may ask for', async () => {
    open('#/settings');
    await fill('When nobody was found', '90');
    expect(engine.settings.cooldownS).toEqual({ noPeers: 90, timeout: 600, connection: 120 });
    await fill('When peers gave nothing', '0');
    const field = page.getByLabelText('When peers gave nothing', { exact: true });
    await expect.element(field).toHaveAccessibleDescription(/from 1 to 86400/);
    await fill('Torrents added at most', '30');
    expect(engine.settings.rateLimits).toEqual({ addsPerMinute: 30, metadataPerMinute: 10 });
  });

  test('lists what rests, and ends it one by one or all at once', async () => {
    open('#/settings');
    const since = '2026-11-20T10:00:00.000Z';
    const [first] = LIBRARY;
    const rest = { reason: 'no-peers', retryAfterS: 250, attempts: 2, since } as const;
    engine.facts = {
      cooling: [
        { infoHash: first!.infoHash, name: first!.name, ...rest },
        { infoHash: hashOf('e'), name: '\u202egnp.elif', ...rest, reason: 'connection' },
        { infoHash: hashOf('f'), name: 'A third', ...rest, reason: 'timeout' },
      ],
    };
    engine.publish();
    const panel = page.getByRole('region', { name: 'Waiting before the next try' });
    await expect.element(panel.getByText('Tried 2 times.').first()).toBeVisible();
    await expect.element(panel.getByText('4m 10s left.').first()).toBeVisible();
    expect(await axeViolations()).toEqual([]);
    await panel.getByRole('button', { name: /^Try now/ }).click();
    expect(engine.calls.at(-1)).toBe(`clearCooldown:${first!.infoHash}`);
    await expect.element(panel.getByRole('heading')).toHaveFocus();
    await panel.getByRole('button', { name: 'Clear all' }).click();
    expect(engine.calls.at(-1)).toBe('clearCooldown:all');
    await expect.element(panel.getByText(/^Nothing waits/)).toBeVisible();
  });

  test('takes trackers line by line, and refuses what is none', async () => {
    open('#/settings');
    await fill('Added to every torrent', ' wss://one.test \n\nwss://two.test');
    await expect.element(page.getByText('Saved.')).toBeVisible();
    expect(engine.settings.trackers).toEqual(['wss://one.test', 'wss://two.test']);
    await fill('Added to every torrent', 'wss://one.test\nnonsense');
    await expect.element(page.getByText(/must be a list of at most 50 wss/)).toBeVisible();
    expect(engine.settings.trackers).toHaveLength(2);
  });
});

describe('servers that help peers meet', () => {
  const turn = (name: string) =>
    page.getByRole('group', { name: 'TURN servers' }).getByLabelText(name);

  test('are added with what they ask for, and removed', async () => {
    open('#/settings');
    await turn('Address').fill('turn:relay.test:3478');
    await turn('User name').fill('me');
    await turn('Password').fill('secret');
    await userEvent.keyboard('{Enter}');
    await expect.element(page.getByText('turn:relay.test:3478')).toBeVisible();
    expect(engine.settings.turnServers).toEqual([
      { url: 'turn:relay.test:3478', username: 'me', credential: 'secret' },
    ]);
    await expect.element(turn('Address')).toHaveValue('');
    await page.getByRole('button', { name: 'Remove turn:relay.test:3478' }).click();
    await expect.element(page.getByText('turn:relay.test:3478')).not.toBeInTheDocument();
    expect(engine.settings.turnServers).toEqual([]);
  });

  test('that are none are refused, and what was typed stays', async () => {
    open('#/settings');
    await turn('Address').fill('https://relay.test');
    await userEvent.keyboard('{Enter}');
    await expect.element(turn('Address')).toHaveAttribute('aria-invalid', 'true');
    await expect.element(turn('Address')).toHaveValue('https://relay.test');
    expect(await axeViolations()).toEqual([]);
  });
});

describe('the queue', () => {
  test('takes how many run at once, and refuses none at all', async () => {
    open('#/settings');
    await fill('Downloads at once', '7');
    await fill('Shared at once', '9');
    await fill('Looked into at once', '2');
    expect(engine.settings).toMatchObject({
      maxActiveDownloads: 7,
      maxActiveSeeds: 9,
      maxActiveMetadata: 2,
    });
    await fill('Downloads at once', '0');
    await expect
      .element(page.getByText('This must be a whole number from 1 to 500.'))
      .toBeVisible();
  });
});

describe('limits for all', () => {
  test('are in kibibytes', async () => {
    open('#/settings');
    await fill('Upload at most', '64');
    await expect.element(page.getByText('Saved.')).toBeVisible();
    expect(engine.settings.uploadBps).toBe(65_536);
    await fill('Upload at most', '-4');
    await expect
      .element(page.getByText(/^This must be a whole number of bytes per second/))
      .toBeVisible();
  });
});

describe('a torrent of its own', () => {
  test('has limits, in kibibytes', async () => {
    open(`#/torrent/${SERIES.infoHash}`);
    await page.getByRole('heading', { name: 'Limits' }).click();
    await fill('Upload at most', '64');
    expect(engine.calls).toContain(`change:${SERIES.infoHash}:{"limits":{"uploadBps":65536}}`);
    await fill('Upload at most', '-1');
    await expect
      .element(page.getByText(/^Must be a whole number of bytes per second/))
      .toBeVisible();
  });

  test('has trackers that are added, asked and removed', async () => {
    open(`#/torrent/${SERIES.infoHash}`);
    await page.getByRole('heading', { name: 'Trackers' }).click();
    await page.getByLabelText('Address of another tracker').fill('wss://more.test');
    await userEvent.keyboard('{Enter}');
    expect(engine.calls.at(-1)).toBe(
      `change:${SERIES.infoHash}:{"addTrackers":["wss://more.test"]}`,
    );
    await page.getByRole('button', { name: 'Ask now' }).click();
    expect(engine.calls.at(-1)).toBe(`reannounce:${SERIES.infoHash}`);
  });

  test('has files that come before others', async () => {
    open(`#/torrent/${SERIES.infoHash}`);
    const choice = page.getByRole('combobox', { name: /^Priority of / }).first();
    await choice.selectOptions('high');
    expect(engine.calls.at(-1)).toMatch(/^change:.*:\{"filePriorities":\{"\d+":"high"\}\}$/);
    await expect.element(choice).toHaveValue('high');
  });
});
