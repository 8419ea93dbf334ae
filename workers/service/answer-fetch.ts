/** Hands a fetch to the part that answers it. What nobody here answers goes to the network as if we were not there. */
import { unreachable } from '../contract/errors.ts';
import { answerOrExplain } from './json-response.ts';
import { routeOf } from './router.ts';

type Handler = (request: Request, segments: readonly string[]) => Promise<Response>;

/** What is needed of a `FetchEvent`. */
export interface FetchLike {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}

export interface FetchHandlers<Event extends FetchLike> {
  /** The registration's scope: an absolute URL with its trailing slash. */
  readonly scope: string;
  readonly stream: Handler;
  readonly save: Handler;
  readonly api: Handler;
  /** The precached answer for a URL, or `null`. */
  readonly shell: (event: Event, url: string) => Promise<Response> | null;
}

/** Calls `event.respondWith` before it returns, or not at all. */
export function answerFetch<Event extends FetchLike>(
  event: Event,
  handlers: FetchHandlers<Event>,
): void {
  const answer = startAnswer(event, handlers);
  if (answer) event.respondWith(answer);
}

function startAnswer<Event extends FetchLike>(
  event: Event,
  handlers: FetchHandlers<Event>,
): Promise<Response> | null {
  const { request } = event;
  const route = routeOf(request, handlers.scope);
  switch (route.kind) {
    case 'stream':
    case 'save':
    case 'api':
      return answerOrExplain(() => handlers[route.kind](request, route.segments));
    case 'shell':
      return handlers.shell(event, new URL('index.html', handlers.scope).href);
    case 'redirect':
      return Promise.resolve(Response.redirect(route.location, 302));
    case 'asset':
      return handlers.shell(event, request.url);
    default:
      return unreachable(route);
  }
}
