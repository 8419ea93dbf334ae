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

describe('slow hours', () => {
  const hours = (name: string) => page.getByRole('group', { name });

  test('are added, set by keyboard and removed', async () => {
    open('#/settings');
    await page.getByRole('button', { name: 'Add hours' }).click();
    await expect.element(hours('Hours 1')).toBeVisible();
    expect(engine.settings.alternativeRates.schedule).toEqual([
      { days: [1, 2, 3, 4, 5], fromMinute: 480, toMinute: 1080 },
    ]);
    const saturday = hours('Hours 1').getByRole('checkbox', { name: 'Saturday' });
    saturday.element().focus();
    await userEvent.keyboard(' ');
    await expect.element(saturday).toBeChecked();
    await hours('Hours 1').getByLabelText('From').fill('22:30');
    await expect
      .poll(() => engine.settings.alternativeRates.schedule)
      .toEqual([{ days: [1, 2, 3, 4, 5, 6], fromMinute: 1350, toMinute: 1080 }]);
    expect(await axeViolations()).toEqual([]);
    await page.getByRole('button', { name: 'Remove hours 1' }).click();
    await expect.element(hours('Hours 1')).not.toBeInTheDocument();
    expect(engine.settings.alternativeRates.schedule).toEqual([]);
  });

  test('fit a phone, and always have a day', async () => {
    await page.viewport(360, 740);
    engine = new FakeEngine(LIBRARY);
    const schedule = [{ days: [3], fromMinute: 0, toMinute: 60 }];
    const alternativeRates = { downloadBps: 0, uploadBps: 0, schedule };
    engine.settings = { ...engine.settings, alternativeRates };
    history.replaceState(null, '', '#/settings');
    mounted = mountPage(engine);
    const wednesday = hours('Hours 1').getByRole('checkbox', { name: 'Wednesday' });
    await expect.element(wednesday).toBeDisabled();
    expect(document.documentElement.scrollWidth).toBe(360);
  });

  test('have rates of their own, in kibibytes', async () => {
    open('#/settings');
    await fill('Slow: download at most', '64');
    await expect.element(page.getByText('Saved.')).toBeVisible();
    expect(engine.settings.alternativeRates.downloadBps).toBe(65_536);
  });
});

describe('the bar at the bottom', () => {
  test('switches to slow, and says which rates hold', async () => {
    open('#/');
    await page.getByLabelText('Speed', { exact: true }).selectOptions('on');
    expect(engine.settings.alternativeSwitch).toBe('on');
    const rates = {
      downloadBps: 512e3,
      uploadBps: 0,
      source: 'alternative',
      switch: 'on',
      hasSchedule: false,
    } as const;
    engine.facts = { rates };
    engine.publish();
    await expect.element(page.getByText('↓ 512 kB/s ↑ no limit')).toBeVisible();
    await expect.element(page.getByLabelText('Speed', { exact: true })).toHaveValue('on');
    expect(await axeViolations()).toEqual([]);
  });

  test('offers the schedule to whoever has one', async () => {
    const choices = () =>
      [...document.querySelectorAll('select[aria-label=Speed] option')].map((it) => it.textContent);
    open('#/');
    const speed = page.getByLabelText('Speed', { exact: true });
    await expect.element(speed).toHaveDisplayValue('Usual speed');
    expect(choices()).toEqual(['Usual speed', 'Slow']);
    const usual = { downloadBps: 0, uploadBps: 0, source: 'usual' } as const;
    engine.facts = { rates: { ...usual, switch: 'off', hasSchedule: false } };
    engine.publish();
    await expect.element(speed).toHaveDisplayValue('Usual speed');
    engine.facts = { rates: { ...usual, switch: 'schedule', hasSchedule: true } };
    engine.publish();
    await expect.element(speed).toHaveDisplayValue('By schedule');
    expect(choices()).toEqual(['Usual speed', 'Slow', 'By schedule']);
  });

  test('says why transfers are slowed down or wait', async () => {
    open('#/');
    const message = 'Slowed down: the disk takes 340 ms a write';
    const less = { maxInFlightPieces: 12, maxConnections: 36, maxActiveDownloads: 2 };
    engine.facts = { adjusted: { ...less, reason: 'disk', message } };
    engine.publish();
    await expect
      .element(page.getByRole('status', { name: 'Transfers' }))
      .toHaveTextContent(message);
    engine.facts = { meter: { isMetered: true, isHolding: true } };
    engine.publish();
    await expect
      .element(page.getByRole('status', { name: 'Transfers' }))
      .toHaveTextContent('Metered connection');
  });
});

describe('storage and memory', () => {
  test('are taken at once, and a bad one is explained at its field', async () => {
    open('#/settings');
    const check = page.getByRole('switch', { name: 'Check all files at each start' });
    await check.click();
    await expect.element(check).toBeChecked();
    expect(engine.settings.verifyOnResume).toBe(true);
    const queue = page.getByRole('spinbutton', { name: 'Write queue' });
    await queue.fill('900');
    await userEvent.keyboard('{Enter}');
    await expect.element(queue).toHaveAccessibleDescription(/from 1 MiB to 512 MiB/);
    await expect.element(queue).toBeInvalid();
    await queue.fill('64');
    await userEvent.keyboard('{Enter}');
    await expect.element(queue).toBeValid();
    await expect.element(page.getByText('Saved.')).toBeVisible();
    expect(engine.settings.writeQueueBytes).toBe(64 * 1024 * 1024);
  });
});

describe('what ends seeding and what runs when', () => {
  const group = (name: string) => page.getByRole('region', { name });

  test('is set for all', async () => {
    open('#/settings');
    const ratio = group('Seeding').getByLabelText('Give at most');
    await ratio.fill('1.5');
    await userEvent.tab();
    await expect.element(page.getByText('Saved.')).toBeVisible();
    await page.getByLabelText('Not while I am the only seed').click();
    await page.getByLabelText('Pause on metered connections').click();
    await page.getByLabelText('Memory for torrents').fill('64');
    await userEvent.tab();
    await expect.poll(() => engine.settings.memoryBytes).toBe(64 * 2 ** 20);
    expect(engine.settings).toMatchObject({
      seedRatio: 1.5,
      seedUntilOthers: true,
      pauseOnMetered: true,
    });
  });

  test('says so where the browser cannot tell what a connection costs', async () => {
    open('#/settings');
    const field = page.getByLabelText('Pause on metered connections');
    await expect.element(field).toHaveAccessibleDescription(/does not tell/);
    engine.facts = { meter: { isMetered: false, isHolding: false } };
    engine.publish();
    await expect.element(field).toHaveAccessibleDescription(/paid for by the byte/);
  });

  test('is set for one torrent, or left to the settings', async () => {
    open(`#/torrent/${SERIES.infoHash}`);
    await page.getByRole('heading', { name: 'Limits' }).click();
    await fill('Give at most', '0.5');
    expect(engine.calls.at(-1)).toBe(`change:${SERIES.infoHash}:{"limits":{"seedRatio":0.5}}`);
    await fill('Give at most', '');
    expect(engine.calls.at(-1)).toBe(`change:${SERIES.infoHash}:{"limits":{"seedRatio":null}}`);
    await fill('Give for at most', '-3');
    await expect.element(page.getByText(/^Must be a whole number of minutes/)).toBeVisible();
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
