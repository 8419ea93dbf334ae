/** A seed that no page can reach: a client without WebRTC, as the tracker's other door knows it (BEP 3, announce over HTTP). */

/** Resolves once the tracker counts it. `tracker`: the WebSocket address of a TestTracker; `infoHash` in hex. */
export async function announceNativeSeed(tracker: string, infoHash: string): Promise<void> {
  const bytes = infoHash.replaceAll(/../g, '%$&');
  const facts = 'port=6881&uploaded=0&downloaded=0&left=0&compact=1&event=started';
  const url = `${tracker.replace(/^ws/, 'http')}/announce?info_hash=${bytes}&peer_id=-NT0001-no-webrtc-00&${facts}`;
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the tracker answered ${response.status}`);
  await response.arrayBuffer();
}
