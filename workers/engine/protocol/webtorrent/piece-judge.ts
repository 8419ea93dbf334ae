/**
 * Says whether complete pieces are right, and has whoever lied struck: suspicion.ts says who that is, ban-list.ts what comes
 * of it. Digests of blocks are taken only of pieces that are or were wrong.
 */
import type { InfoHash } from '../../../contract/ids.ts';
import { BLOCK_LENGTH, type ActivePiece } from '../active-piece.ts';
import type { BanList, Culprit } from '../ban-list.ts';
import { DIGEST_BYTES, type Suspicion } from '../suspicion.ts';

/** Givers of wrong pieces whose names are kept for when it is known who lied. */
const MAX_KNOWN = 256;

export interface JudgeHost {
  readonly infoHash: InfoHash;
  /** SHA-1 of every piece, 20 bytes each (BEP 3). */
  readonly pieceHashes: Uint8Array;
  readonly suspicion: Suspicion;
  readonly bans: BanList;
  /** The torrent has ended: nobody is judged any more. */
  isOver(): boolean;
  /** Who a connected peer is, or `null`. */
  culprit(peer: string): Culprit | null;
}

export class PieceJudge {
  readonly #known = new Map<string, Culprit>();

  constructor(readonly host: JudgeHost) {}

  /** The piece is complete. Resolves to whether it is as the torrent says, when everyone who is to be struck is. */
  async isGood(piece: ActivePiece): Promise<boolean> {
    const { host } = this;
    const { suspicion } = host;
    const { index, bytes } = piece;
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-1', bytes));
    const at = index * DIGEST_BYTES;
    const isGood = isEqual(digest, host.pieceHashes.subarray(at, at + DIGEST_BYTES));
    if (host.isOver() || (isGood && !suspicion.isOpen(index))) return isGood;
    if (!isGood) this.#remember(piece.sources);
    const digests = await blockDigests(bytes);
    if (host.isOver()) return isGood;
    const liars = isGood
      ? suspicion.proven(index, digests)
      : suspicion.failed(index, giversOf(piece), digests);
    for (const liar of liars) host.bans.strike(this.#culprit(liar), host.infoHash);
    return isGood;
  }

  /** They may be gone when it turns out who lied. */
  #remember(sources: Iterable<string>): void {
    for (const peer of sources) {
      const culprit = this.host.culprit(peer);
      if (!culprit) continue;
      this.#known.delete(peer);
      this.#known.set(peer, culprit);
    }
    for (const peer of this.#known.keys()) {
      if (this.#known.size <= MAX_KNOWN) return;
      this.#known.delete(peer);
    }
  }

  #culprit(id: string): Culprit {
    const unknown = { id, kind: 'peer', client: '', address: null } as const;
    return this.host.culprit(id) ?? this.#known.get(id) ?? unknown;
  }
}

function giversOf(piece: ActivePiece): string[] {
  return Array.from({ length: piece.blockCount }, (_, block) => piece.giverOf(block) ?? '');
}

async function blockDigests(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const count = Math.ceil(bytes.length / BLOCK_LENGTH);
  const digests = new Uint8Array(count * DIGEST_BYTES);
  const blocks = Array.from({ length: count }, async (_, block) => {
    const start = block * BLOCK_LENGTH;
    const digest = await crypto.subtle.digest('SHA-1', bytes.subarray(start, start + BLOCK_LENGTH));
    digests.set(new Uint8Array(digest), block * DIGEST_BYTES);
  });
  await Promise.all(blocks);
  return digests;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
