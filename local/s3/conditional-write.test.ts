import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { GetObjectCommand, PutObjectCommand, type PutObjectCommandInput } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf, serveS3 } from './serve-for-test.ts';

let served: Awaited<ReturnType<typeof serveS3>>;
beforeAll(async () => {
  served = await serveS3();
});
afterAll(() => served[Symbol.asyncDispose]());

const incoming = () => readdirSync(join(served.dataDir, 's3', 'data', 'incoming'));
const put = (input: Omit<PutObjectCommandInput, 'Bucket'>) =>
  served.s3.send(new PutObjectCommand({ Bucket: 'data', ...input }));
const read = async (Key: string) =>
  (await served.s3.send(new GetObjectCommand({ Bucket: 'data', Key }))).Body?.transformToString();

describe('a write under a condition', () => {
  const etagOf = async (key: string, body: string) => String((await put({ Key: key, Body: body })).ETag);

  test('If-None-Match: * is done where the key is new, and rejected with 412 where it exists', async () => {
    await put({ Key: 'once', Body: 'first', IfNoneMatch: '*' });
    expect(await errorOf(put({ Key: 'once', Body: 'second', IfNoneMatch: '*' }))).toMatchObject({
      name: 'PreconditionFailed',
      Condition: 'If-None-Match',
      message: 'At least one of the pre-conditions you specified did not hold',
      $metadata: { httpStatusCode: 412 },
    });
    expect(await read('once')).toBe('first');
    expect(incoming()).toEqual([]);
  });

  test('If-Match is done where the ETag is equal, with quotes or without', async () => {
    const etag = await etagOf('swap', '1');
    const second = await put({ Key: 'swap', Body: '2', IfMatch: etag });
    await put({ Key: 'swap', Body: '3', IfMatch: String(second.ETag).replaceAll('"', '') });
    expect(await read('swap')).toBe('3');
  });

  test('If-Match is rejected with 412 for another ETag, and with 404 without an object', async () => {
    const etag = await etagOf('stale', '1');
    await put({ Key: 'stale', Body: '2' });
    expect(await errorOf(put({ Key: 'stale', Body: '3', IfMatch: etag }))).toMatchObject({
      name: 'PreconditionFailed',
      Condition: 'If-Match',
    });
    expect(await errorOf(put({ Key: 'nowhere', Body: '3', IfMatch: etag }))).toMatchObject({
      name: 'NoSuchKey',
      Key: 'nowhere',
      $metadata: { httpStatusCode: 404 },
    });
  });

  test.each<[Partial<PutObjectCommandInput>, string]>([
    [{ IfNoneMatch: '"abc"' }, 'If-None-Match'],
    [{ IfMatch: '*' }, 'If-Match'],
    [{ IfMatch: '"abc"', IfNoneMatch: '*' }, 'If-Match,If-None-Match'],
  ])('%o is rejected with 501, as S3 does', async (condition, header) => {
    expect(await errorOf(put({ Key: 'k', Body: 'b', ...condition }))).toMatchObject({
      name: 'NotImplemented',
      Header: header,
      $metadata: { httpStatusCode: 501 },
    });
  });

  test('of many at once, one wins', async () => {
    const writers = Array.from({ length: 20 }, (_none, number) => String(number));
    const race = async (conditional: Partial<PutObjectCommandInput>) => {
      const writes = writers.map((Body) => put({ Key: 'race', Body, ...conditional }));
      const results = await Promise.allSettled(writes);
      const winners = writers.filter((_body, number) => results[number]?.status === 'fulfilled');
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ name: 'PreconditionFailed' });
      }
      expect(winners).toEqual([await read('race')]);
    };
    await race({ IfNoneMatch: '*' });
    const other = await etagOf('race', 'none of them');
    await race({ IfMatch: other });
  });
});
