// The examples of docs/API.md, in their order, each in a real page against the real service worker and engine.
import { readFile } from 'node:fs/promises';
import { openRill } from '../support/rill-page.ts';
import { expect, test } from '../support/world.ts';

interface Example {
  /** Where it is, for who reads the failure. */
  readonly line: number;
  readonly status: number;
  /** A part of the JSON that comes back; `undefined`: not looked at. */
  readonly body: unknown;
  /** Sets `response`. */
  readonly code: string;
}

function examplesOf(markdown: string): readonly Example[] {
  const fences = markdown.matchAll(/^```js\n\/\/ (\d{3})(?: (.+))?\n([^]*?)^```$/gm);
  return [...fences].map(([, status, body, code], at) => ({
    line: markdown.slice(0, [...markdown.matchAll(/^```js$/gm)][at]!.index).split('\n').length,
    status: Number(status),
    body: body === undefined ? undefined : (JSON.parse(body) as unknown),
    code: code!,
  }));
}

test('every example of docs/API.md does what it says', async ({ page, app }) => {
  const markdown = await readFile(new URL('../../docs/API.md', import.meta.url), 'utf8');
  const examples = examplesOf(markdown);
  // None is left out because its first line is not as the others'.
  expect(examples).toHaveLength(markdown.match(/^```js$/gm)!.length);
  expect(examples.length).toBeGreaterThan(30);
  await openRill(page, app.url);
  for (const { line, status, body, code } of examples) {
    const answer = await page.evaluate<{ status: number; text: string }>(
      `(async () => { ${code}; return { status: response.status, text: await response.text() }; })()`,
    );
    const where = `docs/API.md:${line}`;
    expect([where, answer.status, status === answer.status ? '' : answer.text]).toEqual([
      where,
      status,
      '',
    ]);
    if (body !== undefined) {
      expect({ where, body: JSON.parse(answer.text) as unknown }).toMatchObject({ where, body });
    }
  }
});
