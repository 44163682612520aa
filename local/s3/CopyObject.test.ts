import {
  CopyObjectCommand,
  type CopyObjectCommandInput,
  GetObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf, serveS3 } from './serve-for-test.ts';

const YESTERDAY = new Date(Date.now() - 86_400_000);
let served: Awaited<ReturnType<typeof serveS3>>;
let etag = '';

beforeAll(async () => {
  served = await serveS3();
  const response = await served.s3.send(
    new PutObjectCommand({
      Bucket: 'data',
      Key: 'from/a ü+%',
      Body: 'body',
      ContentType: 'a/b',
      Metadata: { m: '1' },
    }),
  );
  etag = String(response.ETag);
});
afterAll(() => served[Symbol.asyncDispose]());

const SOURCE = `data/${encodeURIComponent('from/a ü+%')}`;
type CopyInput = Partial<Omit<CopyObjectCommandInput, 'Key'>>;
const copy = (input: CopyInput & { Key: string }) =>
  served.s3.send(new CopyObjectCommand({ Bucket: 'data', CopySource: SOURCE, ...input }));
const get = async (Bucket: string, Key: string) => {
  const got = await served.s3.send(new GetObjectCommand({ Bucket, Key }));
  return { ...got, text: await got.Body?.transformToString() };
};

test('a copy has the body, the metadata and the checksum of its source', async () => {
  const { CopyObjectResult } = await copy({ Key: 'to' });
  const got = await get('data', 'to');
  expect(got).toMatchObject({ text: 'body', ContentType: 'a/b', Metadata: { m: '1' }, ETag: etag });
  expect(CopyObjectResult).toMatchObject({
    ETag: etag,
    LastModified: expect.any(Date),
    ChecksumCRC32: got.ChecksumCRC32,
    ChecksumType: 'FULL_OBJECT',
  });
});

test('a copy can have metadata of its own', async () => {
  await copy({ Key: 'other', MetadataDirective: 'REPLACE', ContentType: 'c/d', Metadata: { n: '2' } });
  expect(await get('data', 'other')).toMatchObject({
    text: 'body',
    ContentType: 'c/d',
    Metadata: { n: '2' },
  });
});

test('a copy to another bucket has a version there, and returns that of its source', async () => {
  const first = await copy({ Bucket: 'kept', Key: 'k' });
  expect(first.VersionId).toMatch(/^.{32}$/);
  const second = await copy({ Key: 'back', CopySource: '/kept/k' });
  expect(second.CopySourceVersionId).toBe(first.VersionId);
  expect((await get('data', 'back')).text).toBe('body');
});

test('an empty object can be copied', async () => {
  await served.s3.send(new PutObjectCommand({ Bucket: 'data', Key: 'empty', Body: new Uint8Array() }));
  await copy({ Key: 'empty too', CopySource: 'data/empty' });
  expect((await get('data', 'empty too')).text).toBe('');
});

test('an object is copied to itself only with other metadata', async () => {
  await copy({ Key: 'self' });
  expect(await errorOf(copy({ Key: 'self', CopySource: 'data/self' }))).toMatchObject({
    name: 'InvalidRequest',
  });
  await copy({ Key: 'self', CopySource: 'data/self', MetadataDirective: 'REPLACE', Metadata: { o: '3' } });
  expect(await get('data', 'self')).toMatchObject({ text: 'body', Metadata: { o: '3' } });
});

describe('a copy is rejected', () => {
  test.each<[string, CopyInput, string]>([
    ['of a missing key', { CopySource: 'data/none' }, 'NoSuchKey'],
    ['of a missing bucket', { CopySource: 'none/k' }, 'NoSuchBucket'],
    ['of no key', { CopySource: 'data' }, 'InvalidArgument'],
    ['of a version', { CopySource: `${SOURCE}?versionId=v` }, 'NotImplemented'],
    ['of what is not UTF-8', { CopySource: 'data/%ff' }, 'InvalidURI'],
    ['with an invalid directive', { MetadataDirective: 'KEEP' as 'COPY' }, 'InvalidArgument'],
    ['with tags', { TaggingDirective: 'REPLACE' }, 'NotImplemented'],
  ])('%s', async (_what, input, name) => {
    expect(await errorOf(copy({ Key: 'rejected', ...input }))).toMatchObject({ name });
    expect(await errorOf(get('data', 'rejected'))).toMatchObject({ name: 'NoSuchKey' });
  });

  test.each<[CopyInput, string]>([
    [{ CopySourceIfMatch: '"other"' }, 'x-amz-copy-source-If-Match'],
    [{ CopySourceIfNoneMatch: '*' }, 'x-amz-copy-source-If-None-Match'],
    [{ CopySourceIfUnmodifiedSince: YESTERDAY }, 'x-amz-copy-source-If-Unmodified-Since'],
  ])('where its source is not %o', async (condition, Condition) => {
    expect(await errorOf(copy({ Key: 'rejected', ...condition }))).toMatchObject({
      name: 'PreconditionFailed',
      Condition,
    });
  });

  test('where its target must not exist and does, or must be another', async () => {
    await copy({ Key: 'target', IfNoneMatch: '*' });
    expect(await errorOf(copy({ Key: 'target', IfNoneMatch: '*' }))).toMatchObject({
      name: 'PreconditionFailed',
      Condition: 'If-None-Match',
    });
    expect(await errorOf(copy({ Key: 'target', IfMatch: '"other"' }))).toMatchObject({
      Condition: 'If-Match',
    });
    expect(await errorOf(copy({ Key: 'target', IfMatch: '*' }))).toMatchObject({ name: 'NotImplemented' });
    await copy({ Key: 'target', IfMatch: etag });
  });
});
