import { formatRoute, LIBRARY, parseRoute, type Route } from './route.ts';

/** The part of `window` the router needs; a test gives its own. */
export type RouterWindow = Pick<Window, 'addEventListener' | 'history' | 'location'>;

/** Follows the URL's hash. Each history entry of ours carries its depth, so that "close" knows whether to go back. */
export class Router {
  readonly #window: RouterWindow;
  #route = $state.raw<Route>(LIBRARY);
  #background = $state.raw<Route>(LIBRARY);
  #depth = 0;

  constructor(window: RouterWindow) {
    this.#window = window;
    this.#follow();
    window.addEventListener('popstate', () => this.#follow());
  }

  get route(): Route {
    return this.#route;
  }

  /** What lies under the player: the last route that was not the player. */
  get background(): Route {
    return this.#background;
  }

  go(route: Route): void {
    this.#window.history.pushState({ depth: this.#depth + 1 }, '', formatRoute(route));
    this.#follow();
  }

  /** Goes to `route` with no history entry of its own. */
  replace(route: Route): void {
    this.#window.history.replaceState({ depth: this.#depth }, '', formatRoute(route));
    this.#follow();
  }

  /** Back to where the person came from; to `fallback` when they came by URL. */
  close(fallback: Route): void {
    if (this.#depth > 0) this.#window.history.back();
    else this.replace(fallback);
  }

  #follow(): void {
    const depth: unknown = this.#window.history.state?.depth;
    if (typeof depth === 'number') {
      this.#depth = depth;
    } else {
      // A link was followed or the URL was typed: a new entry, that does not know its depth yet.
      const isFirst = this.#window.history.length <= 1 || !this.#hasStarted;
      this.#depth = isFirst ? 0 : this.#depth + 1;
      this.#window.history.replaceState({ depth: this.#depth }, '');
    }
    this.#hasStarted = true;
    this.#route = parseRoute(this.#window.location.hash);
    if (this.#route.kind !== 'play') this.#background = this.#route;
  }

  #hasStarted = false;
}
