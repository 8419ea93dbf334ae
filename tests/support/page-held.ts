/**
 * What a page's own code holds: its heap without what the browser keeps beside it. V8 goes on compiling what runs often for half
 * an hour, the performance timeline fills its buffers, and DevTools, by which all this is driven, keeps the responses it saw:
 * in a heap's used size that looks like a leak of 5 %.
 */
import type { CDPSession } from '@playwright/test';

/** Of V8's heap snapshots (`v8-profiler.h`): what scripts make. */
const OWN = new Set([
  'object',
  'closure',
  'array',
  'string',
  'concatenated string',
  'sliced string',
  'regexp',
  'number',
  'symbol',
  'bigint',
]);
/** Bytes of ArrayBuffers, which a snapshot counts among what is native. */
const BUFFER = 'system / JSArrayBufferData';

interface Snapshot {
  readonly snapshot: {
    readonly meta: {
      readonly node_fields: readonly string[];
      readonly node_types: readonly [readonly string[], ...unknown[]];
    };
  };
  readonly nodes: readonly number[];
  readonly strings: readonly string[];
}

/** Bytes of objects, strings and buffers that are alive. A snapshot collects garbage first. */
export async function heldByPage(devTools: CDPSession): Promise<number> {
  const chunks: string[] = [];
  const onChunk = ({ chunk }: { readonly chunk: string }) => void chunks.push(chunk);
  devTools.on('HeapProfiler.addHeapSnapshotChunk', onChunk);
  await devTools.send('HeapProfiler.takeHeapSnapshot');
  devTools.off('HeapProfiler.addHeapSnapshotChunk', onChunk);
  return heldIn(JSON.parse(chunks.join('')) as Snapshot);
}

function heldIn({ snapshot, nodes, strings }: Snapshot): number {
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const at = (field: string) => fields.indexOf(field);
  const [typeAt, nameAt, sizeAt] = [at('type'), at('name'), at('self_size')];
  let bytes = 0;
  for (let node = 0; node < nodes.length; node += fields.length) {
    const type = types[0][nodes[node + typeAt]!]!;
    if (OWN.has(type) || strings[nodes[node + nameAt]!] === BUFFER) bytes += nodes[node + sizeAt]!;
  }
  return bytes;
}
