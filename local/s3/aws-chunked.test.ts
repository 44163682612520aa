import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeAwsChunked } from './aws-chunked.ts';

const CRLF = '\r\n';
const chunk = (data: Uint8Array) =>
  Buffer.concat([Buffer.from(data.length.toString(16) + CRLF), data, Buffer.from(CRLF)]);
const encode = (chunks: Uint8Array[], trailer = '') =>
  Buffer.concat([...chunks.map(chunk), Buffer.from(`0${CRLF}${trailer}${CRLF}`)]);

async function* inPieces(bytes: Buffer, sizes: number[]): AsyncGenerator<Buffer> {
  for (let at = 0, i = 0; at < bytes.length; i += 1) {
    const size = sizes[i] ?? bytes.length;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function decode(encoded: Buffer, sizes: number[] = []) {
  const trailers = new Map<string, string>();
  const decoded: Buffer[] = [];
  for await (const part of decodeAwsChunked(inPieces(encoded, sizes), trailers))
    decoded.push(Buffer.from(part));
  return { body: Buffer.concat(decoded), trailers };
}

test('a body comes out as it went in, however the network has cut it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 })),
      fc.array(fc.integer({ min: 1, max: 9 })),
      async (chunks, sizes) => {
        const { body, trailers } = await decode(encode(chunks, `x-amz-checksum-crc32:AAAA==${CRLF}`), sizes);
        expect(body).toEqual(Buffer.concat(chunks));
        expect([...trailers]).toEqual([['x-amz-checksum-crc32', 'AAAA==']]);
      },
    ),
  );
});

test('the signature of a chunk is passed over', async () => {
  const { body } = await decode(
    Buffer.from(`2;chunk-signature=00ff${CRLF}ab${CRLF}0;chunk-signature=00ff${CRLF}${CRLF}`),
  );
  expect(body.toString()).toBe('ab');
});

describe('a body is rejected as incomplete', () => {
  test('when it is cut off anywhere', async () => {
    const whole = encode([Buffer.from('hello'), Buffer.from('world')], `a:b${CRLF}`);
    for (let length = 0; length < whole.length; length += 1) {
      await expect(decode(whole.subarray(0, length))).rejects.toMatchObject({
        code: 'IncompleteBody',
        status: 400,
      });
    }
  });

  test.each([
    ['without sizes', 'hello'],
    ['with a size that is not a number', `zz${CRLF}hello${CRLF}0${CRLF}${CRLF}`],
    ['with a chunk longer than its size', `2${CRLF}hello${CRLF}0${CRLF}${CRLF}`],
    ['with more after its end', `0${CRLF}${CRLF}more`],
    ['with an endless first line', 'a'.repeat(20_000)],
  ])('when it comes %s', async (_how, body) => {
    await expect(decode(Buffer.from(body))).rejects.toMatchObject({ code: 'IncompleteBody' });
  });
});
