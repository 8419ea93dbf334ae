// WebSockets that go nowhere: a test opens them, talks through them and breaks them.

export class FakeWebSocket {
  /** Every socket made, oldest first. */
  static readonly made: FakeWebSocket[] = [];
  /** URLs that may not even be tried, as a browser refuses `ws:` from https. */
  static readonly refused = new Set<string>();

  static newest(url: string): FakeWebSocket {
    return FakeWebSocket.made.findLast((socket) => socket.url === url)!;
  }

  static reset(): void {
    FakeWebSocket.made.length = 0;
    FakeWebSocket.refused.clear();
  }

  readyState = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  /** What was sent, parsed. */
  readonly sent: Record<string, unknown>[] = [];

  constructor(readonly url: string) {
    if (FakeWebSocket.refused.has(url)) throw new DOMException('refused', 'SecurityError');
    FakeWebSocket.made.push(this);
  }

  get isClosed(): boolean {
    return this.readyState === 3;
  }

  send(text: string): void {
    if (this.readyState !== 1) throw new DOMException('not open', 'InvalidStateError');
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }

  close(): void {
    this.readyState = 3;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  say(message: unknown): void {
    this.onmessage?.({ data: typeof message === 'string' ? message : JSON.stringify(message) });
  }

  break(): void {
    this.readyState = 3;
    this.onerror?.();
    this.onclose?.();
  }
}
