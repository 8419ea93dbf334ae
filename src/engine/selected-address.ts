/** Where the other end of a peer connection is: the remote candidate of the pair that was chosen. */

export interface RemoteAddress {
  /** An IP address; `null` where the browser does not tell it, or tells a made-up `.local` name instead. */
  readonly address: string | null;
  readonly port: number | null;
}

type Located = Pick<RTCPeerConnection, 'sctp' | 'getStats'>;

/** Asks the transport, else (Firefox) the statistics. Never rejects. */
export async function selectedAddress(connection: Located): Promise<RemoteAddress> {
  try {
    const transport = connection.sctp?.transport.iceTransport;
    const pair = transport?.getSelectedCandidatePair?.();
    const remote: unknown = pair?.remote ?? remoteOf(await connection.getStats());
    return toAddress(remote);
  } catch {
    return NOT_TOLD;
  }
}

const NOT_TOLD: RemoteAddress = { address: null, port: null };

/** The transport names its pair, except in Firefox, where the pair says so itself. */
function remoteOf(stats: RTCStatsReport): unknown {
  const entries = [...stats.values()] as Record<string, unknown>[];
  const transport = entries.find(({ type }) => type === 'transport');
  const pairId = transport?.['selectedCandidatePairId'];
  const pair = entries.find(
    ({ type, id, selected }) =>
      type === 'candidate-pair' && (pairId === undefined ? selected === true : id === pairId),
  );
  return entries.find(({ id }) => id === pair?.['remoteCandidateId']);
}

function toAddress(candidate: unknown): RemoteAddress {
  if (typeof candidate !== 'object' || candidate === null) return NOT_TOLD;
  const { address, port } = candidate as Record<string, unknown>;
  const isIp = typeof address === 'string' && /^[0-9a-f.:]+$/i.test(address);
  if (!isIp) return NOT_TOLD;
  return { address, port: typeof port === 'number' ? port : null };
}
