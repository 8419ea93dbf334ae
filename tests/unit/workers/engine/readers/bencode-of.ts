/** Writes bencode for tests, also bencode that no honest writer would write: keys stay in the order given. */
export type Encodable =
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Encodable[]
  | ReadonlyMap<string, Encodable>
  | { readonly [key: string]: Encodable };

const encoder = new TextEncoder();

export function bencodeOf(value: Encodable): Uint8Array {
  return concat(partsOf(value));
}

export function text(value: string): Uint8Array {
  return encoder.encode(value);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function partsOf(value: Encodable): Uint8Array[] {
  if (typeof value === 'number' || typeof value === 'bigint') return [text(`i${value}e`)];
  if (typeof value === 'string') return partsOf(text(value));
  if (value instanceof Uint8Array) return [text(`${value.length}:`), value];
  if (Array.isArray(value)) {
    return [text('l'), ...(value as Encodable[]).flatMap(partsOf), text('e')];
  }
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return [
    text('d'),
    ...entries.flatMap(([key, item]) => [...partsOf(key as string), ...partsOf(item as Encodable)]),
    text('e'),
  ];
}

/** An `info` of one file; fields given replace or, when `undefined`, remove those of the default. */
export function infoOf(
  fields: Readonly<Record<string, Encodable | undefined>> = {},
): Record<string, Encodable> {
  const info: Record<string, Encodable | undefined> = {
    length: 40_000,
    name: 'clip.mp4',
    'piece length': 16_384,
    pieces: new Uint8Array(60),
    ...fields,
  };
  return Object.fromEntries(
    Object.entries(info)
      .filter((entry): entry is [string, Encodable] => entry[1] !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** An `info` of several files of 1,000 bytes each, at these paths. */
export function infoOfPaths(paths: readonly (readonly Encodable[])[]): Record<string, Encodable> {
  return infoOf({
    length: undefined,
    name: 'folder',
    files: paths.map((path) => ({ length: 1000, path })),
    pieces: new Uint8Array(20 * Math.ceil((paths.length * 1000) / 16_384)),
  });
}
