// The tab that leads cannot start its engine: the others say so instead of waiting, and the next to lead goes on.
import { callApi } from '../support/local-api.ts';
import { expect, test } from '../support/world.ts';

test('a second tab hears why the first one has no engine, and takes over when it goes', async ({
  context,
  page,
  app,
}) => {
  await page.route('**/engine.worker*', (route) => route.abort());
  await page.goto(app.url);
  const failure = 'Rill could not start';
  await expect(page.getByText(failure)).toBeVisible();
  await page.evaluate(() => navigator.serviceWorker.ready);

  const second = await context.newPage();
  await second.goto(app.url);
  await expect(second.getByText(failure)).toBeVisible();
  await expect(second.getByText(/The engine could not start/)).toBeVisible();
  for (const path of ['torrents', `../stream/${'0'.repeat(40)}/0/film.mp4`]) {
    expect(await callApi(second, 'GET', path)).toMatchObject({
      status: 500,
      body: {
        error: {
          kind: 'unexpected',
          message: expect.stringContaining('The engine could not start'),
        },
      },
    });
  }

  await page.close();
  await expect(second.getByText(failure)).toBeHidden();
  await expect(second.getByRole('textbox', { name: 'Magnet link or info hash' })).toBeVisible();
});

test('a second tab that waits for a start hears of it when it fails', async ({
  context,
  page,
  app,
}) => {
  let fail = () => {};
  const released = new Promise<void>((resolve) => (fail = resolve));
  await page.route('**/engine.worker*', async (route) => {
    await released;
    await route.abort();
  });
  await page.goto(app.url);
  await page.evaluate(() => navigator.serviceWorker.ready);
  const second = await context.newPage();
  await second.goto(app.url);
  await expect(second.getByText('Rill is starting…')).toBeAttached();
  fail();
  await expect(second.getByText('Rill could not start')).toBeVisible();
});
