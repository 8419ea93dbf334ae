// What `stock.html` offers on `window.stock` to `stock-peer.ts`.

export interface StockStats {
  /** Payload bytes since the start, over all torrents. */
  readonly uploaded: number;
  readonly downloaded: number;
  readonly numPeers: number;
}

export interface StockPage {
  seed(job: {
    /** Paths on the page's own server. */
    readonly torrent: string;
    readonly content: string;
    readonly trackers: readonly string[];
    readonly corrupt: readonly number[];
    readonly lacks: readonly number[];
  }): Promise<void>;
  download(job: {
    readonly source: { readonly magnet: string } | { readonly torrent: string };
    readonly trackers: readonly string[];
    readonly store: 'default' | 'memory';
    /** False: nothing is read back, and `files` is empty. */
    readonly isHashed: boolean;
  }): Promise<{
    readonly files: readonly { readonly path: string; readonly sha256: string }[];
    readonly transferMs: number;
    readonly longTasks: readonly number[];
  }>;
  stats(): StockStats;
  throttleUpload(bytesPerSecond: number): void;
}
