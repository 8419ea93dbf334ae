/**
 * One certificate for all connections of this page, instead of a key pair made for each. How little that saves is in
 * docs/decisions/0011.
 *
 * It is made when the first connection is, which does not wait for it: who comes before it is there has one of its own. A
 * new one is made a day before the old one ends, as a connection with one that has ended is refused. (The remote side
 * learns from it what it knows from our peer id already: that several torrents are the same person's.)
 */

const RENEW_BEFORE_MS = 24 * 60 * 60 * 1000;

export class SharedCertificate {
  #certificate: RTCCertificate | null = null;
  #isBeingMade = false;

  constructor(readonly make: () => Promise<RTCCertificate> = makeCertificate) {}

  /** For `RTCConfiguration.certificates`: the one there is, or none. */
  current(nowMs = Date.now()): RTCCertificate[] {
    const leftMs = (this.#certificate?.expires ?? 0) - nowMs;
    if (leftMs < RENEW_BEFORE_MS) void this.#renew();
    return this.#certificate && leftMs > 0 ? [this.#certificate] : [];
  }

  async #renew(): Promise<void> {
    if (this.#isBeingMade) return;
    this.#isBeingMade = true;
    try {
      this.#certificate = await this.make();
    } catch {
      // Then each connection goes on having its own.
    } finally {
      this.#isBeingMade = false;
    }
  }
}

function makeCertificate(): Promise<RTCCertificate> {
  const algorithm: EcKeyGenParams = { name: 'ECDSA', namedCurve: 'P-256' };
  return RTCPeerConnection.generateCertificate(algorithm);
}
