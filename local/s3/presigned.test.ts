import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serveS3 } from './serve-for-test.ts';

let served: Awaited<ReturnType<typeof serveS3>>;
beforeAll(async () => {
  served = await serveS3();
  await served.s3.send(new PutObjectCommand({ Bucket: 'data', Key: 'a b/ü', Body: 'body' }));
});
afterAll(() => served[Symbol.asyncDispose]());

const presignGet = (expiresIn = 900) =>
  getSignedUrl(
    served.s3,
    new GetObjectCommand({
      Bucket: 'data',
      Key: 'a b/ü',
      ResponseContentDisposition: 'attachment; filename="ü"',
    }),
    { expiresIn },
  );
const read = async (Key: string) =>
  (await served.s3.send(new GetObjectCommand({ Bucket: 'data', Key }))).Body?.transformToString();

describe('a presigned GET', () => {
  test('gives the object to anyone who has the URL, with the headers that were asked for', async () => {
    const response = await fetch(await presignGet());
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('body');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="ü"');
  });

  test('gives a range, and 304 where the object is known', async () => {
    const url = await presignGet();
    const range = await fetch(url, { headers: { range: 'bytes=1-2' } });
    expect(await range.text()).toBe('od');
    const etag = String(range.headers.get('etag'));
    expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(304);
  });

  test('of a key that comes later is 404 until it is there', async () => {
    const command = new GetObjectCommand({ Bucket: 'data', Key: 'future' });
    const url = await getSignedUrl(served.s3, command);
    const before = await fetch(url);
    expect(before.status).toBe(404);
    expect(await before.text()).toContain('<Code>NoSuchKey</Code>');
    await served.s3.send(new PutObjectCommand({ Bucket: 'data', Key: 'future', Body: 'now' }));
    expect(await (await fetch(url)).text()).toBe('now');
  });

  test('is rejected when it has expired, with the times', async () => {
    await using own = await serveS3();
    const url = await getSignedUrl(own.s3, new GetObjectCommand({ Bucket: 'data', Key: 'k' }), {
      expiresIn: 60,
    });
    own.passTime(61_000);
    const response = await fetch(url);
    expect(response.status).toBe(403);
    expect(await response.text()).toMatch(
      /<Code>AccessDenied<\/Code><Message>Request has expired<\/Message><X-Amz-Expires>60<\/X-Amz-Expires><Expires>[\dT:-]+Z<\/Expires><ServerTime>[\dT:-]+Z<\/ServerTime>/,
    );
  });

  test.each(['a\r\nset-cookie: b', 'a–b'])(
    'cannot ask for the header value %j',
    async (ResponseContentType) => {
      const command = new GetObjectCommand({ Bucket: 'data', Key: 'a b/ü', ResponseContentType });
      const response = await fetch(await getSignedUrl(served.s3, command));
      expect(response.status).toBe(400);
      expect(await response.text()).toContain('<ArgumentName>response-content-type</ArgumentName>');
    },
  );

  test.each<[string, (url: string) => string, number, string]>([
    ['another key', (url) => url.replace('a%20b', 'other'), 403, 'SignatureDoesNotMatch'],
    [
      'another name of its download',
      (url) => url.replace('attachment', 'inline'),
      403,
      'SignatureDoesNotMatch',
    ],
    [
      'a parameter less',
      (url) => url.replace(/X-Amz-Date=[^&]*&/, ''),
      400,
      'AuthorizationQueryParametersError',
    ],
  ])('is rejected with %s', async (_what, change, status, code) => {
    const response = await fetch(change(await presignGet()));
    expect(response.status).toBe(status);
    expect(await response.text()).toContain(`<Code>${code}</Code>`);
  });

  test('is rejected with a header that was not signed', async () => {
    const response = await fetch(await presignGet(), { headers: { 'x-amz-checksum-mode': 'ENABLED' } });
    expect(response.status).toBe(403);
    expect(await response.text()).toContain('<HeadersNotSigned>x-amz-checksum-mode</HeadersNotSigned>');
  });
});

describe('a presigned PUT', () => {
  test('takes any body, although the SDK has put the checksum of an empty one into the URL', async () => {
    const url = await getSignedUrl(
      served.s3,
      new PutObjectCommand({ Bucket: 'data', Key: 'up', Metadata: { a: 'b' } }),
    );
    expect(url).toContain('x-amz-checksum-crc32=AAAAAA');
    expect((await fetch(url, { method: 'PUT', body: 'any body' })).status).toBe(200);
    expect(await read('up')).toBe('any body');
    const head = await served.s3.send(
      new HeadObjectCommand({ Bucket: 'data', Key: 'up', ChecksumMode: 'ENABLED' }),
    );
    expect(head.Metadata).toEqual({ a: 'b' });
    expect(head.ChecksumCRC32).toBeUndefined();

    const changed = await fetch(url.replace('AAAAAA', 'BBBBBB'), { method: 'PUT', body: 'any body' });
    expect(changed.status).toBe(403);
    expect(await changed.text()).toContain('<Code>SignatureDoesNotMatch</Code>');
  });

  test('with If-None-Match wants that header from the uploader, and writes once', async () => {
    const url = await getSignedUrl(
      served.s3,
      new PutObjectCommand({ Bucket: 'data', Key: 'once', IfNoneMatch: '*' }),
    );
    const put = (headers: Record<string, string>) => fetch(url, { method: 'PUT', body: 'x', headers });
    expect((await put({})).status).toBe(403);
    expect((await put({ 'if-none-match': '*' })).status).toBe(200);
    expect((await put({ 'if-none-match': '*' })).status).toBe(412);
  });

  test('is not a permission to GET', async () => {
    const url = await getSignedUrl(served.s3, new PutObjectCommand({ Bucket: 'data', Key: 'a b/ü' }));
    expect((await fetch(url)).status).toBe(403);
  });
});
