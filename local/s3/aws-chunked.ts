import { S3Error } from './s3-error.ts';

const LINE_BREAK = Buffer.from('\r\n');
const MAX_LINE_BYTES = 16 * 1024;

/**
 * Decodes a body of content encoding `aws-chunked`. After the last bytes, `trailers` has the
 * trailing headers in lower case. Throws `IncompleteBody` if the body is cut off or not in that
 * encoding.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export async function* decodeAwsChunked(
  encoded: AsyncIterable<Buffer>,
  trailers: Map<string, string>,
): AsyncGenerator<Buffer> {
  const iterator = encoded[Symbol.asyncIterator]();
  const source = createByteSource(iterator);
  try {
    yield* decode(source, trailers);
  } finally {
    await iterator.return?.();
  }
}

async function* decode(source: ByteSource, trailers: Map<string, string>): AsyncGenerator<Buffer> {
  for (;;) {
    const sizeLine = await source.line();
    const size = /^([0-9a-f]{1,8})(?:;.*)?$/i.exec(sizeLine)?.[1];
    if (size === undefined) throw malformed(`expected the size of a chunk, got '${sizeLine}'`);
    const bytes = Number.parseInt(size, 16);
    if (bytes === 0) break;
    yield* source.take(bytes);
    if ((await source.line()) !== '') throw malformed('expected a line break after a chunk');
  }
  for (let line = await source.line(); line !== ''; line = await source.line()) {
    const [name = '', value = ''] = line.split(/:(.*)/s);
    trailers.set(name.trim().toLowerCase(), value.trim());
  }
  await source.end();
}

type ByteSource = ReturnType<typeof createByteSource>;

function createByteSource(iterator: AsyncIterator<Buffer>) {
  let pending: Buffer = Buffer.alloc(0);

  async function more(): Promise<void> {
    const { done, value } = await iterator.next();
    if (done) throw malformed('the body ended in the middle');
    pending = pending.length === 0 ? value : Buffer.concat([pending, value]);
  }

  return {
    /** Returns the next line, without its line break. */
    async line(): Promise<string> {
      let end = pending.indexOf(LINE_BREAK);
      while (end < 0) {
        if (pending.length > MAX_LINE_BYTES) throw malformed('a line is too long');
        await more();
        end = pending.indexOf(LINE_BREAK);
      }
      const line = pending.toString('latin1', 0, end);
      pending = pending.subarray(end + LINE_BREAK.length);
      return line;
    },
    async *take(bytes: number): AsyncGenerator<Buffer> {
      for (let left = bytes; left > 0; ) {
        if (pending.length === 0) await more();
        const part = pending.subarray(0, left);
        pending = pending.subarray(part.length);
        left -= part.length;
        yield part;
      }
    },
    async end(): Promise<void> {
      const { done } = await iterator.next();
      if (!done || pending.length > 0) throw malformed('there is more after the last chunk');
    },
  };
}

function malformed(problem: string): S3Error {
  return new S3Error(
    'IncompleteBody',
    400,
    `The request body terminated unexpectedly or is not aws-chunked: ${problem}`,
  );
}
