/** How much of a bencoded blob is read before it is refused. */
export interface BencodeLimits {
  /** Bytes of input, whatever they hold. */
  readonly maxBytes: number;
  /** Lists and dictionaries inside one another. */
  readonly maxDepth: number;
  /** Values, keys and ends of containers. */
  readonly maxTokens: number;
  /** Lists and dictionaries in all: an empty one is two bytes of input and a hundred times that in memory. */
  readonly maxContainers: number;
}

/** What other engines use when they load a torrent (FACTS.md); wide enough for any real one. */
export const BENCODE_LIMITS: BencodeLimits = {
  maxBytes: 10_000_000,
  maxDepth: 100,
  maxTokens: 3_000_000,
  maxContainers: 1_000_000,
};
