import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, truncateSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listen } from '../../test/kit/listen.ts';
import { errorOf, serveS3 } from './serve-for-test.ts';

const BODY = '0123456789';
const ETAG = `"${createHash('md5').update(BODY).digest('hex')}"`;
const YESTERDAY = new Date(Date.now() - 86_400_000);
const TOMORROW = new Date(Date.now() + 86_400_000);

let served: Awaited<ReturnType<typeof serveS3>>;
let lastModified = '';
beforeAll(async () => {
  served = await serveS3();
  await served.s3.send(
    new PutObjectCommand({ Bucket: 'data', Key: 'k', Body: BODY, ContentType: 'text/plain' }),
  );
  await served.s3.send(new PutObjectCommand({ Bucket: 'data', Key: 'empty', Body: new Uint8Array() }));
  lastModified = String((await raw('HEAD')).headers['last-modified']);
});
afterAll(() => served[Symbol.asyncDispose]());

const raw = (method: 'GET' | 'HEAD', headers: Record<string, string> = {}, key = 'k') =>
  served.raw({ method, path: `/s3/data/${key}`, headers });

test('an object is returned with its metadata', async () => {
  const response = await raw('GET');
  expect(response).toMatchObject({
    status: 200,
    body: BODY,
    headers: {
      etag: ETAG,
      'content-length': '10',
      'content-type': 'text/plain',
      'accept-ranges': 'bytes',
      'x-amz-request-id': expect.stringMatching(/^[0-9A-F]{16}$/),
    },
  });
  expect(new Date(lastModified).toUTCString()).toBe(lastModified);
  expect(Math.abs(Date.now() - Date.parse(lastModified))).toBeLessThan(60_000);
});

test('HEAD returns the headers of GET and no body', async () => {
  const { headers: get } = await raw('GET');
  const head = await raw('HEAD');
  expect(head).toMatchObject({ status: 200, body: '' });
  for (const name of ['etag', 'content-length', 'content-type', 'last-modified', 'accept-ranges']) {
    expect(head.headers[name]).toBe(get[name]);
  }
});

test('the checksum is returned only on request', async () => {
  expect((await raw('GET')).headers['x-amz-checksum-crc32']).toBeUndefined();
  const { headers } = await raw('GET', { 'x-amz-checksum-mode': 'ENABLED' });
  expect(headers).toMatchObject({ 'x-amz-checksum-crc32': 'poTHxg==', 'x-amz-checksum-type': 'FULL_OBJECT' });
});

test('a missing key is 404 NoSuchKey, with the key; HEAD has no body to say it in', async () => {
  const error = await errorOf(
    served.s3.send(new GetObjectCommand({ Bucket: 'data', Key: 'none <&> "here"' })),
  );
  expect(error).toMatchObject({
    name: 'NoSuchKey',
    Key: 'none <&> "here"',
    $metadata: { httpStatusCode: 404 },
  });
  const head = await errorOf(served.s3.send(new HeadObjectCommand({ Bucket: 'data', Key: 'none' })));
  expect(head).toMatchObject({ name: 'NotFound', $metadata: { httpStatusCode: 404 } });
});

describe('a range', () => {
  test.each([
    ['bytes=0-0', 'bytes 0-0/10', '0'],
    ['bytes=2-4', 'bytes 2-4/10', '234'],
    ['bytes=7-', 'bytes 7-9/10', '789'],
    ['bytes=7-100', 'bytes 7-9/10', '789'],
    ['bytes=-3', 'bytes 7-9/10', '789'],
    ['bytes=-100', 'bytes 0-9/10', BODY],
  ])('%s gives %s', async (range, contentRange, body) => {
    const response = await raw('GET', { range, 'x-amz-checksum-mode': 'ENABLED' });
    expect(response).toMatchObject({
      status: 206,
      body,
      headers: { 'content-range': contentRange, 'content-length': String(body.length) },
    });
    expect(response.headers['x-amz-checksum-crc32']).toBeUndefined();
  });

  test.each(['bytes=4-2', 'bytes=a-b', 'bytes=0-1,3-4', 'bytes=-', 'lines=1-2'])(
    '%s is not understood, and all is given',
    async (range) => {
      expect(await raw('GET', { range })).toMatchObject({ status: 200, body: BODY });
    },
  );

  test.each([
    ['bytes=10-', 'k'],
    ['bytes=-0', 'k'],
    ['bytes=0-0', 'empty'],
  ])('%s of %s is outside', async (range, key) => {
    const response = await raw('GET', { range }, key);
    expect(response.status).toBe(416);
    expect(response.body).toContain('<Code>InvalidRange</Code>');
    expect(response.body).toContain(`<RangeRequested>${range}</RangeRequested>`);
  });
});

describe('a condition', () => {
  test.each<[string, () => Record<string, string>, number]>([
    ['If-Match of the ETag', () => ({ 'if-match': ETAG }), 200],
    ['If-Match of the ETag without quotes', () => ({ 'if-match': ETAG.replaceAll('"', '') }), 200],
    ['If-Match of any', () => ({ 'if-match': '*' }), 200],
    ['If-Match of another', () => ({ 'if-match': '"other"' }), 412],
    ['If-None-Match of the ETag', () => ({ 'if-none-match': ETAG }), 304],
    ['If-None-Match of several', () => ({ 'if-none-match': `"other", W/${ETAG}` }), 304],
    ['If-None-Match of another', () => ({ 'if-none-match': '"other"' }), 200],
    ['If-Modified-Since the last change', () => ({ 'if-modified-since': lastModified }), 304],
    ['If-Modified-Since earlier', () => ({ 'if-modified-since': YESTERDAY.toUTCString() }), 200],
    ['If-Modified-Since a future day', () => ({ 'if-modified-since': TOMORROW.toUTCString() }), 200],
    ['If-Modified-Since no date', () => ({ 'if-modified-since': 'lately' }), 200],
    ['If-Unmodified-Since the last change', () => ({ 'if-unmodified-since': lastModified }), 200],
    ['If-Unmodified-Since earlier', () => ({ 'if-unmodified-since': YESTERDAY.toUTCString() }), 412],
    [
      'an ETag that is met, with a date that is not',
      () => ({ 'if-match': ETAG, 'if-unmodified-since': YESTERDAY.toUTCString() }),
      200,
    ],
    [
      'another ETag, with a date that is not met',
      () => ({ 'if-none-match': '"other"', 'if-modified-since': lastModified }),
      200,
    ],
  ])('%s', async (_what, headers, status) => {
    for (const method of ['GET', 'HEAD'] as const) {
      const response = await raw(method, headers());
      expect(response.status).toBe(status);
      if (status === 304) expect(response).toMatchObject({ body: '', headers: { etag: ETAG } });
      if (status === 412 && method === 'GET')
        expect(response.body).toContain('<Code>PreconditionFailed</Code>');
    }
  });

  test('that fails names its header', async () => {
    const call = served.s3.send(new GetObjectCommand({ Bucket: 'data', Key: 'k', IfMatch: '"other"' }));
    expect(await errorOf(call)).toMatchObject({ name: 'PreconditionFailed', Condition: 'If-Match' });
  });
});

test.each(['VersionId', 'PartNumber'] as const)('reading by %s is rejected by name', async (parameter) => {
  const input = {
    Bucket: 'kept',
    Key: 'k',
    ...(parameter === 'VersionId' ? { VersionId: 'v' } : { PartNumber: 1 }),
  };
  const error = await errorOf(served.s3.send(new GetObjectCommand(input)));
  expect(error).toMatchObject({ name: 'NotImplemented', $metadata: { httpStatusCode: 501 } });
  expect(error.message.toLowerCase()).toContain(parameter.toLowerCase());
});

test('headers of the response can be asked for', async () => {
  const got = await served.s3.send(
    new GetObjectCommand({
      Bucket: 'data',
      Key: 'k',
      ResponseContentType: 'a/b',
      ResponseContentDisposition: 'attachment; filename="a"',
      ResponseCacheControl: 'no-store',
    }),
  );
  await got.Body?.transformToString();
  expect(got).toMatchObject({
    ContentType: 'a/b',
    ContentDisposition: 'attachment; filename="a"',
    CacheControl: 'no-store',
  });
});

test('nothing is logged for a client that stops reading in the middle', async () => {
  const body = Buffer.alloc(20_000_000, 'x');
  await served.s3.send(new PutObjectCommand({ Bucket: 'data', Key: 'large', Body: body }));
  const headers = await served.sign({ method: 'GET', path: '/s3/data/large' });
  const socket = served.connect();
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET /s3/data/large HTTP/1.1\r\n${lines.join('')}\r\n`);
  await once(socket, 'data');
  socket.destroy();
  expect((await raw('GET')).body).toBe(BODY);
  expect(served.logged).toEqual([]);
});

test('nothing is logged for a client that disconnects before its response, and no file stays open', async () => {
  const handled: Promise<void>[] = [];
  const server = createServer((request, response) => {
    response.destroy();
    handled.push(served.handleRequest(request, response, request.url?.slice('/s3'.length) ?? ''));
  });
  await using listening = await listen(server);
  const { port } = listening;
  const openFiles = () => readdirSync('/dev/fd').length;
  const before = openFiles();
  const path = '/s3/data/k';
  const headers = await served.sign({ method: 'GET', path });
  for (let i = 0; i < 30; i++) {
    await once(request({ port, path, headers }).end(), 'error');
  }
  await Promise.all(handled);
  expect(handled).toHaveLength(30);
  expect(served.logged).toEqual([]);
  expect(openFiles() - before).toBeLessThan(15);
});

test('an object whose file was damaged while the server ran is an internal error, and is logged', async () => {
  await using own = await serveS3();
  await own.s3.send(new PutObjectCommand({ Bucket: 'data', Key: 'k', Body: BODY }));
  const objects = join(own.dataDir, 's3', 'data', 'objects');
  const [name = ''] = readdirSync(objects);
  truncateSync(join(objects, name), BODY.length);
  const error = await errorOf(own.s3.send(new GetObjectCommand({ Bucket: 'data', Key: 'k' })));
  expect(error).toMatchObject({ name: 'InternalError', $metadata: { httpStatusCode: 500 } });
  expect(own.logged).toEqual([expect.stringContaining(name)]);
});
