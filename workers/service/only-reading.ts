/** What every address that only gives bytes has in common: GET, HEAD as its head (RFC 9110 section 9.3.2), OPTIONS. */
import { methodNotAllowed, withoutBody } from './json-response.ts';

type Handler = (request: Request, segments: readonly string[]) => Promise<Response>;

const ALLOW = 'GET, HEAD, OPTIONS';

/** Wraps a handler, which then sees GET and HEAD only and may answer HEAD with a body: it is taken away. */
export function onlyReading(read: Handler): Handler {
  return async (request, segments) => {
    switch (request.method) {
      case 'GET':
        return read(request, segments);
      case 'HEAD':
        return withoutBody(await read(request, segments));
      case 'OPTIONS':
        return new Response(null, { status: 204, headers: { Allow: ALLOW } });
      default:
        return methodNotAllowed(request.method, ALLOW);
    }
  };
}
