import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf, serveS3 } from './serve-for-test.ts';

let served: Awaited<ReturnType<typeof serveS3>>;
beforeAll(async () => {
  served = await serveS3();
});
afterAll(() => served[Symbol.asyncDispose]());

const put = (input: Omit<PutObjectCommandInput, 'Bucket'>, bucket = 'data') =>
  served.s3.send(new PutObjectCommand({ Bucket: bucket, ...input }));
const get = (key: string) => served.s3.send(new GetObjectCommand({ Bucket: 'data', Key: key }));
const head = (key: string) =>
  served.s3.send(new HeadObjectCommand({ Bucket: 'data', Key: key, ChecksumMode: 'ENABLED' }));
const read = async (key: string) => (await get(key)).Body?.transformToString();
const base64 = (algorithm: string, body: string) => createHash(algorithm).update(body).digest('base64');
const incoming = () => readdirSync(join(served.dataDir, 's3', 'data', 'incoming'));

function crc32Base64(body: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString('base64');
}

describe('an object that is put', () => {
  test('returns its ETag and the checksum that the SDK has sent', async () => {
    expect(await put({ Key: 'response', Body: 'body' })).toMatchObject({
      ETag: `"${createHash('md5').update('body').digest('hex')}"`,
      ChecksumCRC32: crc32Base64('body'),
      ChecksumType: 'FULL_OBJECT',
      ServerSideEncryption: 'AES256',
    });
  });

  test('comes back with its body, its metadata and its headers', async () => {
    await put({
      Key: 'whole',
      Body: '{"a":"ü"}',
      ContentType: 'application/json',
      CacheControl: 'no-cache',
      ContentDisposition: 'attachment',
      ContentLanguage: 'de',
      ContentEncoding: 'identity',
      Metadata: { owner: 'me' },
    });
    const got = await get('whole');
    expect(got).toMatchObject({
      ContentType: 'application/json',
      CacheControl: 'no-cache',
      ContentDisposition: 'attachment',
      ContentLanguage: 'de',
      ContentEncoding: 'identity',
      Metadata: { owner: 'me' },
      ContentLength: 10,
      AcceptRanges: 'bytes',
    });
    expect(await got.Body?.transformToString()).toBe('{"a":"ü"}');
  });

  test('without a content type is an octet stream', async () => {
    await served.raw({
      method: 'PUT',
      path: '/s3/data/untyped',
      headers: { 'content-length': '1' },
      body: 'x',
    });
    expect((await head('untyped')).ContentType).toBe('binary/octet-stream');
  });

  test.each([
    ['deflate, gzip', 'deflate, gzip'],
    ['aws-chunked', undefined],
    ['aws-chunked,gzip', 'gzip'],
  ])('with the content encoding %j keeps %j', async (ContentEncoding, kept) => {
    const chunked = ContentEncoding.startsWith('aws-chunked');
    await served.raw({
      method: 'PUT',
      path: '/s3/data/encoded',
      headers: {
        'content-encoding': ContentEncoding,
        ...(chunked && {
          'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
          'x-amz-decoded-content-length': '1',
        }),
        'content-length': chunked ? '11' : '1',
      },
      body: chunked ? '1\r\nx\r\n0\r\n\r\n' : 'x',
    });
    const { headers } = await served.raw({ method: 'HEAD', path: '/s3/data/encoded' });
    expect(headers['content-encoding']).toBe(kept);
  });

  test('may be empty', async () => {
    await put({ Key: 'empty', Body: new Uint8Array() });
    expect(await read('empty')).toBe('');
  });

  test('has a version id of its own in a versioned bucket, and none in another', async () => {
    const first = await put({ Key: 'k', Body: '1' }, 'kept');
    const second = await put({ Key: 'k', Body: '2' }, 'kept');
    expect(first.VersionId).toMatch(/^.{32}$/);
    expect(second.VersionId).not.toBe(first.VersionId);
    expect((await put({ Key: 'k', Body: '1' })).VersionId).toBeUndefined();
  });

  test('larger than 2 MB is sent after a 100 Continue', async () => {
    const body = Buffer.alloc(3 * 1024 * 1024, 'x');
    await put({ Key: 'large', Body: body });
    expect((await head('large')).ContentLength).toBe(body.length);
  });

  test('as a stream is sent in chunks, and stored without them', async () => {
    const body = 'a stream of some length';
    await put({ Key: 'stream', Body: Readable.from([body]), ContentLength: body.length });
    const got = await get('stream');
    expect(await got.Body?.transformToString()).toBe(body);
    expect(got.ContentEncoding).toBeUndefined();
    expect(got.ChecksumCRC32).toBe(crc32Base64(body));
  });

  test.each(['SHA256', 'SHA1'] as const)('stores a checksum by %s', async (algorithm) => {
    await put({ Key: algorithm, Body: 'body', ChecksumAlgorithm: algorithm });
    expect((await head(algorithm))[`Checksum${algorithm}`]).toBe(base64(algorithm, 'body'));
  });
});

describe('an upload that is rejected by its headers', () => {
  test('over 5 GB is too large', async () => {
    const size = 5 * 1024 ** 3 + 1;
    const socket = await beginPut('/s3/data/huge', size, '');
    const [response] = await once(socket, 'data');
    socket.destroy();
    expect(String(response)).toContain('400 Bad Request');
    expect(String(response)).toContain('<Code>EntityTooLarge</Code>');
    expect(String(response)).toContain(`<ProposedSize>${size}</ProposedSize>`);
  });

  test('without a length is rejected', async () => {
    const headers = {
      'transfer-encoding': 'chunked',
      'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    };
    const response = await served.raw({ method: 'PUT', path: '/s3/data/k', headers, body: '0\r\n\r\n' });
    expect(response.status).toBe(411);
    expect(response.body).toContain('<Code>MissingContentLength</Code>');
  });

  test('in the chunks of HTTP is what S3 does not implement', async () => {
    const response = await served.raw({
      method: 'PUT',
      path: '/s3/data/k',
      headers: { 'transfer-encoding': 'chunked' },
      body: 'body',
    });
    expect(response.status).toBe(501);
    expect(response.body).toContain(
      '<Code>NotImplemented</Code><Message>A header you provided implies functionality that is not implemented</Message><Header>Transfer-Encoding</Header>',
    );
  });

  test('with over 2 KB of metadata is rejected', async () => {
    const error = await errorOf(put({ Key: 'k', Body: 'b', Metadata: { long: 'x'.repeat(2045) } }));
    expect(error).toMatchObject({ name: 'MetadataTooLarge', Size: '2049' });
    await put({ Key: 'k', Body: 'b', Metadata: { long: 'x'.repeat(2044) } });
  });

  test('with a key over 1,024 bytes is rejected', async () => {
    expect(await errorOf(put({ Key: `${'x'.repeat(1023)}ü`, Body: 'b' }))).toMatchObject({
      name: 'KeyTooLongError',
    });
    await put({ Key: `${'x'.repeat(1022)}ü`, Body: 'b' });
  });

  test.each<[string, Partial<PutObjectCommandInput>]>([
    ['a tag', { Tagging: 'a=b' }],
    ['a key of KMS', { ServerSideEncryption: 'aws:kms' }],
    ['another storage class', { StorageClass: 'GLACIER' }],
    ['an object lock', { ObjectLockLegalHoldStatus: 'ON' }],
    ['a public right', { ACL: 'public-read' }],
    ['a checksum that is not known here', { ChecksumAlgorithm: 'SHA256', ChecksumCRC32C: 'AAAAAA==' }],
  ])('with %s is rejected rather than done without it', async (_what, input) => {
    expect(await errorOf(put({ Key: 'k', Body: 'b', ...input }))).toMatchObject({
      name: 'NotImplemented',
      $metadata: { httpStatusCode: 501 },
    });
  });

  test('with signatures of chunks is rejected', async () => {
    const response = await served.raw({
      method: 'PUT',
      path: '/s3/data/k',
      headers: { 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 'content-length': '0' },
    });
    expect(response.status).toBe(501);
    expect(response.body).toContain('STREAMING-AWS4-HMAC-SHA256-PAYLOAD is not supported');
  });

  test('with another account as the owner of the bucket is rejected', async () => {
    expect(await errorOf(put({ Key: 'k', Body: 'b', ExpectedBucketOwner: '111111111111' }))).toMatchObject({
      name: 'AccessDenied',
    });
    await put({ Key: 'k', Body: 'b', ExpectedBucketOwner: '000000000000' });
  });
});

/** A connection on which a PUT has begun, with the head of its body. */
async function beginPut(path: string, contentLength: number, head: string) {
  const headers = await served.sign({
    method: 'PUT',
    path,
    headers: { 'content-length': String(contentLength) },
  });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const socket = served.connect();
  socket.write(`PUT ${path} HTTP/1.1\r\n${lines.join('')}\r\n${head}`);
  return socket;
}

test('a request that has begun is done before close ends', async () => {
  const path = '/s3/data/slow';
  const socket = await beginPut(path, 4, 'bo');
  await expect.poll(incoming).toHaveLength(1);
  let closed = false;
  const closing = served.close().then(() => {
    closed = true;
  });
  expect((await served.raw({ method: 'HEAD', path })).status).toBe(404);
  expect(closed).toBe(false);
  socket.write('dy');
  await closing;
  expect((await served.raw({ method: 'HEAD', path })).status).toBe(200);
  socket.destroy();
});

test('a client that disconnects in the middle of a body leaves nothing behind', async () => {
  const path = '/s3/data/aborted';
  const socket = await beginPut(path, 1_000_000, 'x'.repeat(1000));
  await expect.poll(incoming).toHaveLength(1);
  socket.destroy();
  await expect.poll(incoming).toEqual([]);
  expect((await served.raw({ method: 'HEAD', path })).status).toBe(404);
  expect(served.logged).toEqual([]);
});

test('a failed write to the disk is an internal error, and the old object stays', async () => {
  await using broken = await serveS3();
  const send = (body: string) =>
    broken.s3.send(new PutObjectCommand({ Bucket: 'data', Key: 'k', Body: body }));
  await send('old');
  const folder = join(broken.dataDir, 's3', 'data', 'incoming');
  rmSync(folder, { recursive: true });
  expect(await errorOf(send('new'))).toMatchObject({
    name: 'InternalError',
    $metadata: { httpStatusCode: 500 },
  });
  expect(broken.logged).toEqual([expect.stringMatching(/^S3: request \[\w+\] failed: .*ENOENT/)]);
  const got = await broken.s3.send(new GetObjectCommand({ Bucket: 'data', Key: 'k' }));
  expect(await got.Body?.transformToString()).toBe('old');
});
