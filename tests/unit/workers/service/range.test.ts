import { describe, expect, it } from 'vitest';
import { evaluateRange, type ByteRange } from '../../../../workers/service/range.ts';
import material from '../../../fixtures/material/ranges.json' with { type: 'json' };

const ETAG = '"hash-0"';
const evaluate = (range: string | null, lengthBytes: number, ifRange: string | null = null) =>
  evaluateRange(lengthBytes, { range, ifRange, etag: ETAG });

function partial(start: number, length: number): ByteRange {
  return { kind: 'partial', startByte: start, endByte: start + length };
}

/** The outcome as the response head would show it. */
function seen(range: ByteRange, lengthBytes: number) {
  switch (range.kind) {
    case 'full':
      return { status: 200, bytes: lengthBytes };
    case 'unsatisfiable':
      return { status: 416, contentRange: `bytes */${lengthBytes}` };
    case 'partial':
      return {
        status: 206,
        contentRange: `bytes ${range.startByte}-${range.endByte - 1}/${lengthBytes}`,
        bytes: range.endByte - range.startByte,
      };
  }
}

function expected(row: { status: number; content_range?: string; content_length?: number | null }) {
  return {
    status: row.status,
    ...(row.content_range === undefined ? {} : { contentRange: row.content_range }),
    ...(typeof row.content_length === 'number' ? { bytes: row.content_length } : {}),
  };
}

describe('the rows for other lengths', () => {
  it.each(material.other_lengths.map((row) => [row.resource_length, row.headers.Range, row]))(
    '%i bytes, %s',
    (lengthBytes, range, row) => {
      const result = evaluate(range ?? null, lengthBytes as number);
      expect(seen(result, lengthBytes as number)).toEqual(expected(row as never));
    },
  );
});

describe('the rows of web-platform-tests for blob URLs', () => {
  // Blob URLs accept white space inside a range. It is not in the grammar of HTTP, where the header is ignored.
  const isHttp = ({ range }: { range: string }) => !/\s[-=]|-\s/.test(range);
  const supported = material.wpt_blob_supported;

  it.each(supported.filter(isHttp))('$range', (row) => {
    expect(seen(evaluate(row.range, row.data.length), row.data.length)).toEqual(expected(row));
  });

  it.each(supported.filter((row) => !isHttp(row)))('$range is ignored', (row) => {
    expect(evaluate(row.range, row.data.length)).toEqual({ kind: 'full' });
  });

  it.each(material.wpt_blob_network_error)('$range is never answered with a part', (row) => {
    const isBeyond = /^bytes=\d+-$/.test(row.range);
    const kind = isBeyond ? 'unsatisfiable' : 'full';
    expect(evaluate(row.range, row.data.length)).toEqual({ kind });
  });
});

describe('the rows of Go net/http', () => {
  type Row = { header: string; length: number; ranges_start_length: number[][] | null };
  it.each(material.go_parse_range as Row[])('$header of $length', (row) => {
    const [first, ...others] = row.ranges_start_length ?? [];
    const result = evaluate(row.header, row.length);
    if (!first) {
      const isBeyond = row.header === 'bytes=1-' && row.length === 0;
      expect(result.kind).toBe(isBeyond ? 'unsatisfiable' : 'full');
    } else if (others.length > 0) {
      expect(result).toEqual({ kind: 'full' });
    } else {
      expect(result).toEqual(partial(first[0]!, first[1]!));
    }
  });
});

describe('positions of any size', () => {
  const nines = '9'.repeat(400);
  it.each([
    [`bytes=4-${nines}`, partial(4, 6)],
    [`bytes=-${nines}`, partial(0, 10)],
    [`bytes=${nines}-`, { kind: 'unsatisfiable' }],
    [`bytes=${nines}-${nines}`, { kind: 'unsatisfiable' }],
    [`bytes=${'0'.repeat(400)}-3`, partial(0, 4)],
  ])('%s', (header, range) => {
    expect(evaluate(header, 10)).toEqual(range);
  });

  it('keeps every digit up to 2^53', () => {
    const last = Number.MAX_SAFE_INTEGER - 1;
    const result = evaluate(`bytes=${last - 1}-${last}`, Number.MAX_SAFE_INTEGER);
    expect(result).toEqual({
      kind: 'partial',
      startByte: last - 1,
      endByte: Number.MAX_SAFE_INTEGER,
    });
  });
});

describe('If-Range', () => {
  it.each([
    [ETAG, partial(0, 5)],
    ['"other"', { kind: 'full' }],
    [`W/${ETAG}`, { kind: 'full' }],
    ['Fri, 20 Nov 2026 10:00:00 GMT', { kind: 'full' }],
    ['', { kind: 'full' }],
  ])('%s', (ifRange, range) => {
    expect(evaluate('bytes=0-4', 10, ifRange)).toEqual(range);
  });

  it('turns a range beyond the end into the whole when the tag is another', () => {
    expect(evaluate('bytes=20-', 10, '"other"')).toEqual({ kind: 'full' });
  });
});

it('answers a list of one element with a stray comma as a set, with the whole', () => {
  expect(evaluate('bytes=0-4,', 10)).toEqual({ kind: 'full' });
});

it('knows only ASCII digits', () => {
  const row = material.cases.find(({ id }) => id === 'bad-fullwidth');
  expect(evaluate(row!.headers.Range!, 10_000)).toEqual({ kind: 'full' });
});
