/** The whole page over a fake engine, in the scene the address names: `?scene=cooling&dir=rtl`. */
import { FakeEngine } from '../../support/fake-engine.ts';
import { mountPage } from '../../support/mount-page.ts';
import { SCENES } from './scenes.ts';

const query = new URLSearchParams(location.search);
const scene = SCENES[query.get('scene') ?? ''];
if (!scene) throw new Error(`no such scene; there are ${Object.keys(SCENES).join(', ')}`);
document.documentElement.dir = query.get('dir') ?? 'ltr';
const engine = new FakeEngine(scene.torrents);
engine.facts = scene.facts ?? {};
engine.events = scene.events ?? [];
engine.statistics = scene.statistics ?? engine.statistics;
engine.settings = { ...engine.settings, ...scene.settings };
location.hash = scene.hash;
mountPage(engine);
