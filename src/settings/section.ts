import type { Settings } from '../../workers/contract/settings.ts';
import type { EngineSettings } from './engine-settings.svelte.ts';

/** What each section of the settings is given. */
export interface SectionProps {
  readonly settings: EngineSettings;
  /** As the engine told them last. */
  readonly current: Settings;
}
