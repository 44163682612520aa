import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  HeadObjectCommand,
  type ObjectIdentifier,
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
  test('removes an object, and returns 204 also without one', async () => {
    await put('k');
    expect((await remove('k')).$metadata.httpStatusCode).toBe(204);
    expect(await exists('k')).toBe(false);
    expect((await remove('k')).$metadata.httpStatusCode).toBe(204);
  });

  test('responds with the version of a delete marker in a versioned bucket', async () => {
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

  test('by version is rejected by name', async () => {
    expect(await errorOf(remove('k', { Bucket: 'kept', VersionId: 'v' }))).toMatchObject({
      name: 'NotImplemented',
      message: expect.stringContaining('versionId'),
    });
  });
});

describe('DeleteObjects', () => {
  const removeAll = (Objects: ObjectIdentifier[], Quiet = false) =>
    served.s3.send(new DeleteObjectsCommand({ Bucket: 'data', Delete: { Objects, Quiet } }));

  test('removes each object, whatever its key, and says so', async () => {
    const keys = ['a/b', ' <&>"\' ', 'é', 'none'];
    for (const key of keys.slice(0, -1)) await put(key);
    const { Deleted, Errors } = await removeAll(keys.map((Key) => ({ Key })));
    expect(Deleted?.map(({ Key }) => Key)).toEqual(keys);
    expect(Errors).toBeUndefined();
    for (const key of keys) expect(await exists(key)).toBe(false);
  });

  test('returns the error of one beside its key, and removes the others', async () => {
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

  test('when quiet, returns only errors', async () => {
    const response = await removeAll([{ Key: 'none' }, { Key: 'none either', ETag: '*' }], true);
    expect(response.Deleted).toBeUndefined();
    expect(response.Errors).toMatchObject([{ Key: 'none either', Code: 'NoSuchKey' }]);
  });

  test('responds with delete markers in a versioned bucket', async () => {
    const command = new DeleteObjectsCommand({ Bucket: 'kept', Delete: { Objects: [{ Key: 'k' }] } });
    expect((await served.s3.send(command)).Deleted).toMatchObject([
      { Key: 'k', DeleteMarker: true, DeleteMarkerVersionId: expect.stringMatching(/^.{32}$/) },
    ]);
  });

  test('rejects an unsupported condition, and does not delete the object', async () => {
    for (const key of ['dated', 'sized', 'plain']) await put(key);
    const { Deleted, Errors } = await removeAll([
      { Key: 'dated', LastModifiedTime: new Date(0) },
      { Key: 'sized', Size: 1 },
      { Key: 'k'.repeat(1025) },
      { Key: 'plain' },
    ]);
    expect(Deleted).toEqual([{ Key: 'plain' }]);
    expect(Errors).toMatchObject([
      { Key: 'dated', Code: 'NotImplemented', Message: expect.stringContaining('LastModifiedTime') },
      { Key: 'sized', Code: 'NotImplemented', Message: expect.stringContaining('Size') },
      { Code: 'KeyTooLongError' },
    ]);
    expect(await exists('dated')).toBe(true);
    expect(await exists('sized')).toBe(true);
  });

  const send = (body: string | Buffer) =>
    served.raw({
      method: 'POST',
      path: '/s3/data?delete=',
      headers: { 'content-length': String(Buffer.byteLength(body)) },
      body,
    });

  test('takes comments, CDATA, references and a declaration', async () => {
    await put('a<b>c');
    const response = await send(
      '<?xml version="1.0" encoding="UTF-8"?>\n<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">\n <!-- x -->' +
        '<Quiet>false</Quiet><Object>\n<Key><![CDATA[a<]]>&#x62;&gt;&#99;</Key></Object></Delete>\n',
    );
    expect(response.body).toContain('<Deleted><Key>a&lt;b&gt;c</Key></Deleted>');
    expect(await exists('a<b>c')).toBe(false);
  });

  test.each([
    ['an invalid character', '<Delete><Object><Key>&#x110000;</Key></Object></Delete>'],
    ['half a character', '<Delete><Object><Key>&#xd800;</Key></Object></Delete>'],
    ['bytes that are not UTF-8', Buffer.from('<Delete><Object><Key>\xff</Key></Object></Delete>', 'latin1')],
    ['an unknown entity', '<!DOCTYPE D [<!ENTITY a "b">]><Delete><Object><Key>&a;</Key></Object></Delete>'],
    ['an unknown element', '<Delete><Object><Key>k</Key><Sise>1</Sise></Object></Delete>'],
    ['two keys in an object', '<Delete><Object><Key>k</Key><Key>l</Key></Object></Delete>'],
    ['an element in a key', '<Delete><Object><Key>k<b/></Key></Object></Delete>'],
    ['text between objects', '<Delete>text<Object><Key>k</Key></Object></Delete>'],
    ['no boolean', '<Delete><Quiet>yes</Quiet><Object><Key>k</Key></Object></Delete>'],
    ['no end', '<Delete><Object><Key>k</Key></Object>'],
    // A backtracking search took 17 seconds for each of these.
    ['280 kB of elements that do not end', `<Delete>${'<Object>'.repeat(35_000)}</Delete>`],
    ['280 kB of keys that do not end', `<Delete><Object>${'<Key>'.repeat(56_000)}</Object></Delete>`],
    ['280 kB of roots', `${'<Delete '.repeat(35_000)}`],
    ['no document', 'hello'],
    ['no object', '<Delete></Delete>'],
    ['an object without a key', '<Delete><Object><ETag>e</ETag></Object></Delete>'],
    ['over 1,000 objects', `<Delete>${'<Object><Key>k</Key></Object>'.repeat(1001)}</Delete>`],
    ['over 2 MB', `<Delete><Object><Key>${'k'.repeat(2 * 1024 * 1024)}</Key></Object></Delete>`],
  ])('of %s is malformed', async (_what, body) => {
    const response = await send(body);
    expect(response.status).toBe(400);
    expect(response.body).toContain('<Code>MalformedXML</Code>');
  });

  test('with another checksum than that of its body is rejected', async () => {
    const body = '<Delete><Object><Key>k</Key></Object></Delete>';
    const response = await served.raw({
      method: 'POST',
      path: '/s3/data?delete=',
      headers: { 'content-length': String(body.length), 'x-amz-checksum-crc32': 'AAAAAA==' },
      body,
    });
    expect(response.body).toContain('<Code>BadDigest</Code>');
  });
});
