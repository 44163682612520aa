import {
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  PutObjectCommand,
  paginateListObjectsV2,
} from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf, serveS3 } from './serve-for-test.ts';

const KEYS = ['a', 'a/', 'a/b', 'a/c/d', 'b/c', 'z', '\uffff', '\u{1f600}'];

let served: Awaited<ReturnType<typeof serveS3>>;
beforeAll(async () => {
  served = await serveS3();
  for (const key of KEYS.toReversed()) await put('data', key);
});
afterAll(() => served[Symbol.asyncDispose]());

const put = (Bucket: string, Key: string) =>
  served.s3.send(new PutObjectCommand({ Bucket, Key, Body: 'body' }));
const list = (input: Partial<ListObjectsV2CommandInput> = {}) =>
  served.s3.send(new ListObjectsV2Command({ Bucket: 'data', ...input }));
const keysOf = async (input: Partial<ListObjectsV2CommandInput>) =>
  (await list(input)).Contents?.map(({ Key }) => Key) ?? [];
const prefixesOf = async (input: Partial<ListObjectsV2CommandInput>) =>
  (await list(input)).CommonPrefixes?.map(({ Prefix }) => Prefix) ?? [];

test('keys come in the order of their UTF-8 bytes, each with what is known of it', async () => {
  const response = await list();
  expect(response.Contents?.map(({ Key }) => Key)).toEqual(KEYS);
  expect(response).toMatchObject({
    Name: 'data',
    Prefix: '',
    KeyCount: 8,
    MaxKeys: 1000,
    IsTruncated: false,
  });
  expect(response.Contents?.[0]).toEqual({
    Key: 'a',
    LastModified: expect.any(Date),
    ETag: '"841a2d689ad86bd1611447453c22c6fc"',
    ChecksumAlgorithm: ['CRC32'],
    ChecksumType: 'FULL_OBJECT',
    Size: 4,
    StorageClass: 'STANDARD',
  });
});

test('a bucket without objects has an empty list', async () => {
  expect(await list({ Bucket: 'quiet' })).toMatchObject({ KeyCount: 0, IsTruncated: false });
});

test('a prefix selects, a delimiter groups', async () => {
  expect(await keysOf({ Prefix: 'a/' })).toEqual(['a/', 'a/b', 'a/c/d']);
  expect(await keysOf({ Prefix: 'a/', Delimiter: '/' })).toEqual(['a/', 'a/b']);
  expect(await prefixesOf({ Prefix: 'a/', Delimiter: '/' })).toEqual(['a/c/']);
  expect(await keysOf({ Delimiter: '/' })).toEqual(['a', 'z', '\uffff', '\u{1f600}']);
  expect(await prefixesOf({ Delimiter: '/' })).toEqual(['a/', 'b/']);
  expect((await list({ Delimiter: '/' })).KeyCount).toBe(6);
});

test('start-after leaves out that key and all before it, and a group that is before it', async () => {
  expect(await keysOf({ StartAfter: 'b/c' })).toEqual(['z', '\uffff', '\u{1f600}']);
  expect(await keysOf({ StartAfter: 'b' })).toEqual(['b/c', 'z', '\uffff', '\u{1f600}']);
  expect(await prefixesOf({ StartAfter: 'a/b', Delimiter: '/' })).toEqual(['b/']);
  expect(await prefixesOf({ StartAfter: 'a', Delimiter: '/' })).toEqual(['a/', 'b/']);
});

describe('pages', () => {
  test('hold max-keys entries, groups among them, and the last one says that it is', async () => {
    const pages = [];
    const paging = paginateListObjectsV2(
      { client: served.s3, pageSize: 2 },
      { Bucket: 'data', Delimiter: '/' },
    );
    for await (const page of paging) {
      pages.push([page.Contents?.map(({ Key }) => Key), page.CommonPrefixes?.map(({ Prefix }) => Prefix)]);
    }
    expect(pages).toEqual([
      [['a'], ['a/']],
      [['z'], ['b/']],
      [['\uffff', '\u{1f600}'], undefined],
    ]);
  });

  test('continue where they stopped, also when that key is gone and start-after is sent again', async () => {
    const first = await list({ MaxKeys: 1, StartAfter: 'a' });
    expect(first.Contents?.[0]?.Key).toBe('a/');
    const token = String(first.NextContinuationToken);
    const second = await list({ ContinuationToken: token, StartAfter: 'z', MaxKeys: 1 });
    expect(second).toMatchObject({ ContinuationToken: token, Contents: [{ Key: 'a/b' }] });
  });

  test('of no entry are empty, and say nothing of more', async () => {
    expect(await list({ MaxKeys: 0 })).toMatchObject({ KeyCount: 0, MaxKeys: 0, IsTruncated: false });
  });

  test('hold 1,000 entries at most', async () => {
    expect((await list({ MaxKeys: 5000 })).MaxKeys).toBe(1000);
  });

  test.each(['', 'a/b', '1', '1a b', 'x'.repeat(100)])('with the token "%s" are rejected', async (token) => {
    const path = `/s3/data?list-type=2&continuation-token=${encodeURIComponent(token)}`;
    const response = await served.raw({ method: 'GET', path });
    expect(response.status).toBe(400);
    expect(response.body).toContain('<Code>InvalidArgument</Code>');
    expect(response.body).toContain('The continuation token provided is incorrect');
  });

  test.each(['-1', 'x', '3000000000'])('of %s entries are rejected', async (maxKeys) => {
    const response = await served.raw({ method: 'GET', path: `/s3/data?list-type=2&max-keys=${maxKeys}` });
    expect(response.status).toBe(400);
    expect(response.body).toContain('<ArgumentName>max-keys</ArgumentName>');
  });
});

test('with encoding-type url, keys are percent-encoded but for their slashes', async () => {
  expect(await keysOf({ EncodingType: 'url', StartAfter: 'b' })).toEqual([
    'b/c',
    'z',
    '%EF%BF%BF',
    '%F0%9F%98%80',
  ]);
});

test('another encoding-type, and fetch-owner, are rejected', async () => {
  const response = await served.raw({ method: 'GET', path: '/s3/data?list-type=2&encoding-type=base64' });
  expect(response.body).toContain('Invalid Encoding Method specified in Request');
  expect(await errorOf(list({ FetchOwner: true }))).toMatchObject({ name: 'NotImplemented' });
});

test('any keys that were put are listed, in their order, exactly as they were', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }), {
        minLength: 1,
        maxLength: 5,
      }),
      async (keys) => {
        await using own = await serveS3();
        for (const Key of keys) await own.s3.send(new PutObjectCommand({ Bucket: 'data', Key, Body: 'b' }));
        const sorted = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        const listed = await own.s3.send(new ListObjectsV2Command({ Bucket: 'data', EncodingType: 'url' }));
        expect(listed.Contents?.map(({ Key }) => decodeURIComponent(String(Key)))).toEqual(sorted);
      },
    ),
    { numRuns: 20 },
  );
});
