/** Mounts the whole page, or a part of it, over a fake engine. */
import { mount, unmount, type Component } from 'svelte';
import AppView from '../../src/App.svelte';
import { contextOf, createApp, type App, type AppDeps } from '../../src/app.ts';
import { later } from '../../src/ui/later.ts';
import '../../src/styles/tokens.css';
import '../../src/styles/base.css';
import type { FakeEngine } from './fake-engine.ts';

export interface MountedPage {
  readonly app: App;
  readonly target: HTMLElement;
  readonly copied: string[];
  destroy(): Promise<void>;
}

export function mountPage(
  engine: FakeEngine,
  { view = AppView, ...deps }: Partial<AppDeps> & { readonly view?: Component } = {},
): MountedPage {
  const copied: string[] = [];
  const app = createApp({
    connect: engine.connect,
    window,
    later,
    streamsReady: async () => {},
    askToPersist: async () => null,
    fetchSample: async () => ({ ok: true, value: new Uint8Array([1, 2, 3]) }),
    copyText: async (text) => void copied.push(text),
    ...deps,
  });
  const target = document.createElement('div');
  target.id = 'app';
  document.body.append(target);
  const mounted = mount(view, { target, context: contextOf(app) });
  return {
    app,
    target,
    copied,
    destroy: async () => {
      await unmount(mounted);
      target.remove();
    },
  };
}
