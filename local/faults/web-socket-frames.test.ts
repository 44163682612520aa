import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientTextFrame, createFrameReader } from './web-socket-frames.ts';

/** A frame as RFC 6455 has it: of a length in 1, 3 or 9 bytes, masked or not. */
const frame = fc
  .record({
    first: fc.constantFrom(0x81, 0x01, 0x80, 0x82, 0x88, 0x89, 0x8a),
    text: fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom(
        'x'.repeat(125),
        'y'.repeat(126),
        'é'.repeat(500),
        'z'.repeat(65_535),
        'w'.repeat(65_536),
      ),
    ),
    mask: fc.option(fc.uint8Array({ minLength: 4, maxLength: 4 }), { nil: undefined }),
  })
  .map(({ first, text, mask }) => {
    const payload = Buffer.from(text);
    const { length } = payload;
    const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
    head[0] = first;
    head[1] = (mask ? 0x80 : 0) + (length < 126 ? length : length < 65_536 ? 126 : 127);
    if (head.length === 4) head.writeUInt16BE(length, 2);
    if (head.length === 10) head.writeUInt32BE(length, 6);
    const masked = mask ? payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0)) : payload;
    return { first, text: payload.toString(), bytes: Buffer.concat([head, mask ?? Buffer.alloc(0), masked]) };
  });

describe('a reader of WebSocket frames', () => {
  it('gives the same frames however the bytes are cut, and of whole texts what they say', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 5 }), fc.array(fc.nat()), (frames, cuts) => {
        const bytes = Buffer.concat(frames.map((each) => each.bytes));
        const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
        const read = createFrameReader();
        const found = ends.flatMap((end, at) => read(bytes.subarray(ends[at - 1] ?? 0, end)));
        expect(found).toEqual(
          frames.map(({ first, text, bytes: whole }) =>
            first === 0x81 ? { bytes: whole, text } : { bytes: whole },
          ),
        );
      }),
    );
  });

  it.each([
    [125, 6],
    [126, 8],
    [65_535, 8],
    [65_536, 14],
  ])('finds a text of %d bytes behind a head of %d, the shortest there is', (length, headLength) => {
    expect(clientTextFrame('x'.repeat(length))).toHaveLength(headLength + length);
  });

  it('reads what a client sends', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('x'.repeat(126), 'y'.repeat(70_000))),
        (text) => {
          const bytes = clientTextFrame(text);
          expect(createFrameReader()(bytes)).toEqual([{ bytes, text }]);
        },
      ),
    );
  });
});
