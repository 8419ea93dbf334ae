/** Every way a page can make use of a URL that may run or style something. Runs in the page. */
import type { Page } from '@playwright/test';
import { CANARY } from './evil-files.ts';

/** Starts listening for a file that runs; call it once for a page, before {@link attackWith}. */
export async function listenForCanary(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate((channel) => {
    const heard: string[] = [];
    Object.assign(window, { heard, title0: document.title });
    new BroadcastChannel(channel).addEventListener('message', ({ data }) =>
      heard.push(String(data)),
    );
    addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (typeof data === 'object' && data && 'canary' in data) heard.push(String(data.canary));
    });
  }, CANARY);
  return () =>
    page.evaluate(() => {
      const here = window as unknown as { heard: string[]; attacked?: string; title0: string };
      const marks = getComputedStyle(document.documentElement).getPropertyValue('--attacked');
      return [
        ...here.heard,
        ...(here.attacked ? [`${here.attacked} in the page`] : []),
        ...(marks ? ['a style'] : []),
        ...(document.title === here.title0 ? [] : ['the title']),
      ];
    });
}

/**
 * Tries one URL in every way and waits for each to be over: loaded, refused, or answered.
 * @returns how each ended: `error`, `load`, or what was thrown or came as a message
 */
export function attackWith(page: Page, url: string): Promise<Record<string, string>> {
  return page.evaluate(async (path) => {
    const url = new URL(path, document.baseURI).href;
    const over = (...targets: EventTarget[]) =>
      new Promise<string>((resolve) => {
        for (const target of targets)
          for (const type of ['load', 'loadeddata', 'error', 'message'])
            target.addEventListener(type, () => resolve(type), { once: true });
      });
    const element = (tag: string, attributes: Record<string, string>) => () => {
      const made = document.createElement(tag);
      const ending = over(made);
      for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
      document.body.append(made);
      return ending;
    };
    const worker = (make: () => EventTarget) => () => over(make());
    const blob = (code: string) =>
      URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
    const attempts: Record<string, () => Promise<unknown>> = {
      iframe: element('iframe', { src: url }),
      'sandboxed iframe': element('iframe', { src: url, sandbox: 'allow-scripts' }),
      object: element('object', { data: url }),
      'typed object': element('object', { data: url, type: 'text/html' }),
      embed: element('embed', { src: url }),
      script: element('script', { src: url }),
      'module script': element('script', { src: url, type: 'module' }),
      preload: element('link', { rel: 'modulepreload', href: url }),
      style: element('link', { rel: 'stylesheet', href: url }),
      'style import': async () => {
        const style = document.createElement('style');
        style.textContent = `@import url(${JSON.stringify(url)});`;
        const ending = over(style);
        document.head.append(style);
        return ending;
      },
      font: () => new FontFace('evil', `url(${JSON.stringify(url)})`).load(),
      img: element('img', { src: url }),
      video: element('video', { src: url, preload: 'auto' }),
      import: () => import(/* @vite-ignore */ url),
      worker: worker(() => new Worker(url)),
      'module worker': worker(() => new Worker(url, { type: 'module' })),
      'import in a worker': worker(
        () => new Worker(blob(`importScripts(${JSON.stringify(url)}); postMessage('ran')`)),
      ),
      'shared worker': () => {
        const shared = new SharedWorker(url);
        shared.port.start();
        return over(shared, shared.port);
      },
      'audio worklet': () => new OfflineAudioContext(1, 1, 8_000).audioWorklet.addModule(url),
      'service worker': () => navigator.serviceWorker.register(url),
      'service worker, its own scope': () =>
        navigator.serviceWorker.register(url, { scope: new URL('./', url).href }),
    };
    const endings = await Promise.all(
      Object.entries(attempts).map(async ([name, attempt]) => {
        // Only bounds the wait of a test that fails.
        const silence = new Promise((resolve) => {
          setTimeout(() => resolve('silence'), 5_000);
        });
        try {
          return [name, String(await Promise.race([attempt(), silence]))];
        } catch (error) {
          return [name, error instanceof Error ? error.name : String(error)];
        }
      }),
    );
    return Object.fromEntries(endings) as Record<string, string>;
  }, url);
}
