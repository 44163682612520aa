import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf, serveS3 } from './serve-for-test.ts';

let served: Awaited<ReturnType<typeof serveS3>>;
beforeAll(async () => {
  served = await serveS3();
});
afterAll(() => served[Symbol.asyncDispose]());

const put = (Key: string, Bucket = 'data') =>
  served.s3.send(new PutObjectCommand({ Bucket, Key, Body: 'body' }));
const remove = (Key: string, more: { Bucket?: string; IfMatch?: string; VersionId?: string } = {}) =>
  served.s3.send(new DeleteObjectCommand({ Bucket: 'data', Key, ...more }));
const exists = (Key: string, Bucket = 'data') =>
  served.s3.send(new HeadObjectCommand({ Bucket, Key })).then(
    () => true,
    () => false,
  );

describe('DeleteObject', () => {
  test('removes an object, and answers 204 also where there was none', async () => {
    await put('k');
    expect((await remove('k')).$metadata.httpStatusCode).toBe(204);
    expect(await exists('k')).toBe(false);
    expect((await remove('k')).$metadata.httpStatusCode).toBe(204);
  });

  test('answers with the version of a delete marker in a versioned bucket', async () => {
    await put('k', 'kept');
    const deleted = await remove('k', { Bucket: 'kept' });
    expect(deleted).toMatchObject({ DeleteMarker: true, VersionId: expect.stringMatching(/^.{32}$/) });
    expect(await exists('k', 'kept')).toBe(false);
  });

  test('under If-Match removes only that object', async () => {
    const { ETag = '' } = await put('match');
    expect(await errorOf(remove('match', { IfMatch: '"other"' }))).toMatchObject({
      name: 'PreconditionFailed',
      Condition: 'If-Match',
    });
    expect(await exists('match')).toBe(true);
    await remove('match', { IfMatch: ETag });
    expect(await exists('match')).toBe(false);
    for (const IfMatch of [ETag, '*']) {
      expect(await errorOf(remove('match', { IfMatch }))).toMatchObject({ name: 'NoSuchKey' });
    }
  });

  test('by version is refused by name', async () => {
    expect(await errorOf(remove('k', { Bucket: 'kept', VersionId: 'v' }))).toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining('versionId'),
    });
  });
});

describe('DeleteObjects', () => {
  const removeAll = (Objects: { Key: string; ETag?: string; VersionId?: string }[], Quiet = false) =>
    served.s3.send(new DeleteObjectsCommand({ Bucket: 'data', Delete: { Objects, Quiet } }));

  test('removes each object, whatever its key, and says so', async () => {
    const keys = ['a/b', ' <&>"\' ', 'é', 'none'];
    for (const key of keys.slice(0, -1)) await put(key);
    const { Deleted, Errors } = await removeAll(keys.map((Key) => ({ Key })));
    expect(Deleted?.map(({ Key }) => Key)).toEqual(keys);
    expect(Errors).toBeUndefined();
    for (const key of keys) expect(await exists(key)).toBe(false);
  });

  test('tells the error of one beside its key, and removes the others', async () => {
    await put('good');
    await put('bad');
    const { Deleted, Errors } = await removeAll([
      { Key: 'bad', ETag: 'other' },
      { Key: 'good' },
      { Key: 'versioned', VersionId: 'v' },
    ]);
    expect(Deleted).toEqual([{ Key: 'good' }]);
    expect(Errors).toMatchObject([
      { Key: 'bad', Code: 'PreconditionFailed' },
      { Key: 'versioned', Code: 'NotImplemented' },
    ]);
    expect(await exists('bad')).toBe(true);
  });

  test('when quiet, tells only errors', async () => {
    const answer = await removeAll([{ Key: 'none' }, { Key: 'none either', ETag: '*' }], true);
    expect(answer.Deleted).toBeUndefined();
    expect(answer.Errors).toMatchObject([{ Key: 'none either', Code: 'NoSuchKey' }]);
  });

  test('answers with delete markers in a versioned bucket', async () => {
    const command = new DeleteObjectsCommand({ Bucket: 'kept', Delete: { Objects: [{ Key: 'k' }] } });
    expect((await served.s3.send(command)).Deleted).toMatchObject([
      { Key: 'k', DeleteMarker: true, DeleteMarkerVersionId: expect.stringMatching(/^.{32}$/) },
    ]);
  });

  test.each([
    ['no document', 'hello'],
    ['no object', '<Delete></Delete>'],
    ['an object without a key', '<Delete><Object><ETag>e</ETag></Object></Delete>'],
    ['over 1,000 objects', `<Delete>${'<Object><Key>k</Key></Object>'.repeat(1001)}</Delete>`],
    ['over 2 MB', `<Delete><Object><Key>${'k'.repeat(2 * 1024 * 1024)}</Key></Object></Delete>`],
  ])('of %s is malformed', async (_what, body) => {
    const answer = await served.raw({
      method: 'POST',
      path: '/s3/data?delete=',
      headers: { 'content-length': String(body.length) },
      body,
    });
    expect(answer.status).toBe(400);
    expect(answer.body).toContain('<Code>MalformedXML</Code>');
  });

  test('with another checksum than that of its body is refused', async () => {
    const body = '<Delete><Object><Key>k</Key></Object></Delete>';
    const answer = await served.raw({
      method: 'POST',
      path: '/s3/data?delete=',
      headers: { 'content-length': String(body.length), 'x-amz-checksum-crc32': 'AAAAAA==' },
      body,
    });
    expect(answer.body).toContain('<Code>BadDigest</Code>');
  });
});
