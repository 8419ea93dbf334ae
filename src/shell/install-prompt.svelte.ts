/** Chromium's own event; it is in no standard, so not in the DOM types. */
interface BeforeInstallPromptEvent extends Event {
  prompt(): Promise<unknown>;
}

/** Holds the browser's offer to install until the person presses our button. */
export class InstallPrompt {
  #event = $state.raw<BeforeInstallPromptEvent | null>(null);

  constructor(window: Pick<Window, 'addEventListener'>) {
    window.addEventListener('beforeinstallprompt', (event) => {
      event.preventDefault();
      this.#event = event as BeforeInstallPromptEvent;
    });
    window.addEventListener('appinstalled', () => (this.#event = null));
  }

  get isOffered(): boolean {
    return this.#event !== null;
  }

  async accept(): Promise<void> {
    const event = this.#event;
    this.#event = null; // An event prompts once.
    await event?.prompt();
  }
}
