/** What the service worker says in an answer that is no success (workers/service/json-response.ts); `null` where it says nothing. */
export async function errorOf(
  response: Response,
): Promise<{ readonly kind: string; readonly message: string } | null> {
  const body: unknown = await response.json().catch(() => null);
  if (typeof body !== 'object' || body === null || !('error' in body)) return null;
  const { error } = body;
  if (typeof error !== 'object' || error === null) return null;
  if (!('kind' in error) || typeof error.kind !== 'string') return null;
  if (!('message' in error) || typeof error.message !== 'string') return null;
  return { kind: error.kind, message: error.message };
}
