/** What the browser tells of the connection (Network Information API). Neither Safari nor Firefox have it. */
interface ConnectionInformation extends EventTarget {
  readonly saveData?: boolean;
  /** Phones and ChromeOS only. */
  readonly type?: string;
}

/** Calls back with how it is now and, until the signal, with each change: metered, not metered, or `null` where the browser does not say. */
export function followMetered(
  changed: (isMetered: boolean | null) => void,
  signal: AbortSignal,
  { connection }: { readonly connection?: ConnectionInformation } = navigator as object,
): void {
  const say = () => changed(connection ? isMetered(connection) : null);
  connection?.addEventListener('change', say, { signal });
  say();
}

function isMetered({ saveData = false, type }: ConnectionInformation): boolean {
  return saveData || type === 'cellular';
}
