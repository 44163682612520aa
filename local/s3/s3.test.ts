import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf, serveS3 } from './serve-for-test.ts';

let served: Awaited<ReturnType<typeof serveS3>>;
beforeAll(async () => {
  served = await serveS3();
});
afterAll(() => served[Symbol.asyncDispose]());

const put = (Bucket: string, Key: string, Body = 'body') =>
  served.s3.send(new PutObjectCommand({ Bucket, Key, Body }));

describe('who asks', () => {
  test('is rejected without a signature, with an unknown key, and with a wrong secret', async () => {
    const anonymous = await fetch(`${served.endpoint}/data/k`);
    expect(anonymous.status).toBe(403);
    expect(anonymous.headers.get('content-type')).toBe('application/xml');
    expect(await anonymous.text()).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<Error><Code>AccessDenied<\/Code><Message>Access Denied<\/Message><RequestId>[0-9A-F]{16}<\/RequestId><HostId>.+<\/HostId><\/Error>$/,
    );
    const good = await served.s3.config.credentials();
    for (const [wrong, name] of [
      [{ ...good, accessKeyId: 'ASIAUNKNOWN' }, 'InvalidAccessKeyId'],
      [{ ...good, secretAccessKey: 'wrong' }, 'SignatureDoesNotMatch'],
      [{ ...good, sessionToken: 'wrong' }, 'InvalidToken'],
    ] as const) {
      const call = served
        .client({ credentials: wrong })
        .send(new GetObjectCommand({ Bucket: 'data', Key: 'k' }));
      expect(await errorOf(call)).toMatchObject({ name });
    }
  });

  test('is rejected before the body is read', async () => {
    const call = served
      .client({ credentials: { accessKeyId: 'ASIAUNKNOWN', secretAccessKey: 's', sessionToken: 't' } })
      .send(new PutObjectCommand({ Bucket: 'data', Key: 'rejected', Body: Buffer.alloc(3_000_000) }));
    expect(await errorOf(call)).toMatchObject({ name: 'InvalidAccessKeyId' });
    expect(
      await errorOf(served.s3.send(new GetObjectCommand({ Bucket: 'data', Key: 'rejected' }))),
    ).toMatchObject({
      name: 'NoSuchKey',
    });
  });

  test('is rejected when the clocks differ by more than fifteen minutes', async () => {
    await using own = await serveS3();
    own.passTime(16 * 60_000);
    const call = own.s3.send(new GetObjectCommand({ Bucket: 'data', Key: 'k' }));
    expect(await errorOf(call)).toMatchObject({
      name: 'RequestTimeTooSkewed',
      MaxAllowedSkewMilliseconds: '900000',
    });
  });
});

describe('an operation that is not served is rejected by its name', () => {
  const Bucket = 'data';
  const Key = 'k';
  const s3 = () => served.s3;
  test.each<[string, () => Promise<unknown>]>([
    ['ListBuckets', () => s3().send(new ListBucketsCommand())],
    ['ListObjects', () => s3().send(new ListObjectsCommand({ Bucket }))],
    ['ListObjectVersions', () => s3().send(new ListObjectVersionsCommand({ Bucket }))],
    ['GetBucketPolicy', () => s3().send(new GetBucketPolicyCommand({ Bucket }))],
    [
      'PutBucketVersioning',
      () =>
        s3().send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } })),
    ],
    ['GetObjectTagging', () => s3().send(new GetObjectTaggingCommand({ Bucket, Key }))],
    ['CreateMultipartUpload', () => s3().send(new CreateMultipartUploadCommand({ Bucket, Key }))],
    [
      'UploadPart',
      () => s3().send(new UploadPartCommand({ Bucket, Key, UploadId: 'u', PartNumber: 1, Body: 'b' })),
    ],
  ])('%s', async (name, call) => {
    expect(await errorOf(call())).toMatchObject({
      name: 'NotImplemented',
      message: `${name} is not supported by the local runtime.`,
      $metadata: { httpStatusCode: 501 },
    });
  });

  test.each([
    ['PUT', '/s3/data', 'CreateBucket'],
    ['DELETE', '/s3/data', 'DeleteBucket'],
    ['POST', '/s3/data', 'PostObject'],
    ['GET', '/s3/data?uploads=', 'ListMultipartUploads'],
    ['GET', '/s3/data/k?uploadId=u', 'ListParts'],
    ['POST', '/s3/data/k?uploadId=u', 'CompleteMultipartUpload'],
    ['DELETE', '/s3/data/k?uploadId=u', 'AbortMultipartUpload'],
    ['PUT', '/s3/data/k?legal-hold=', 'PutObjectLegalHold'],
    ['PATCH', '/s3/data/k', 'PATCHObject'],
    ['PUT', '/s3/', 'PutService'],
  ])('%s %s', async (method, path, name) => {
    const response = await served.raw({ method, path });
    expect(response.status).toBe(501);
    expect(response.body).toContain(`<Message>${name} is not supported by the local runtime.</Message>`);
  });
});

describe('an address', () => {
  test('of a missing bucket is 404 NoSuchBucket', async () => {
    expect(await errorOf(put('none', 'k'))).toMatchObject({
      name: 'NoSuchBucket',
      BucketName: 'none',
      $metadata: { httpStatusCode: 404 },
    });
  });

  test('that is not UTF-8 is 400 InvalidURI', async () => {
    const response = await served.raw({ method: 'GET', path: '/s3/data/%ff' });
    expect(response.status).toBe(400);
    expect(response.body).toContain('<Code>InvalidURI</Code>');
  });

  test('with the bucket in the host name is understood', async () => {
    await put('data', 'data/k', 'by host');
    const host = `data.localhost:${served.port}`;
    const response = await served.raw({ method: 'GET', path: '/s3/data/k', headers: { host } });
    expect(response).toMatchObject({ status: 200, body: 'by host' });
  });

  test.each(['..', '../../starts', 'a//b', '/', '%2e%2e/x', 'a/./b', 'q?x=y#z', 'e\u0301'])(
    'of the key %s is that key and no other',
    async (key) => {
      await put('data', key, key);
      const got = await served.s3.send(new GetObjectCommand({ Bucket: 'data', Key: key }));
      expect(await got.Body?.transformToString()).toBe(key);
    },
  );
});

describe('events', () => {
  const taken = () => served.events.splice(0);

  test('follow each change of an object, once it can be read', async () => {
    taken();
    const { ETag = '' } = await put('data', 'a b/ü', 'body');
    await served.s3.send(
      new CopyObjectCommand({ Bucket: 'data', Key: 'copy', CopySource: 'data/a%20b/%C3%BC' }),
    );
    await served.s3.send(new DeleteObjectCommand({ Bucket: 'data', Key: 'copy' }));
    const common = {
      version: '0',
      bucket: { name: 'data' },
      'request-id': expect.stringMatching(/^[0-9A-F]{16}$/),
      requester: '000000000000',
      'source-ip-address': '127.0.0.1',
    };
    const sequencer = expect.stringMatching(/^[0-9A-F]{18}$/);
    const etag = ETag.replaceAll('"', '');
    const event = { source: 'aws.s3', resources: ['arn:aws:s3:::data'] };
    const events = taken();
    expect(events).toEqual([
      {
        ...event,
        'detail-type': 'Object Created',
        detail: { ...common, object: { key: 'a b/ü', size: 4, etag, sequencer }, reason: 'PutObject' },
      },
      {
        ...event,
        'detail-type': 'Object Created',
        detail: { ...common, object: { key: 'copy', size: 4, etag, sequencer }, reason: 'CopyObject' },
      },
      {
        ...event,
        'detail-type': 'Object Deleted',
        detail: {
          ...common,
          object: { key: 'copy', sequencer },
          reason: 'DeleteObject',
          'deletion-type': 'Permanently Deleted',
        },
      },
    ]);
    const sequencers = JSON.stringify(events).match(/(?<="sequencer":")\w+/g) ?? [];
    expect(sequencers).toHaveLength(3);
    expect(sequencers).toEqual(sequencers.toSorted());
  });

  test('of a versioned bucket have the version, and a deletion leaves a marker', async () => {
    taken();
    const { VersionId } = await put('kept', 'k');
    const deleted = await served.s3.send(new DeleteObjectCommand({ Bucket: 'kept', Key: 'k' }));
    const again = await served.s3.send(new DeleteObjectCommand({ Bucket: 'kept', Key: 'k' }));
    expect(taken().map(({ detail }) => detail)).toMatchObject([
      { object: { 'version-id': VersionId } },
      { object: { 'version-id': deleted.VersionId }, 'deletion-type': 'Delete Marker Created' },
      { object: { 'version-id': again.VersionId }, 'deletion-type': 'Delete Marker Created' },
    ]);
  });

  test('come for each object of DeleteObjects, and not for a key that held nothing', async () => {
    await put('data', 'one');
    taken();
    const Objects = [{ Key: 'one' }, { Key: 'never there' }];
    await served.s3.send(new DeleteObjectsCommand({ Bucket: 'data', Delete: { Objects } }));
    expect(taken().map(({ detail }) => detail)).toMatchObject([{ object: { key: 'one' } }]);
  });

  test('do not come for a rejected write, a read, or a bucket without EventBridge', async () => {
    await put('data', 'there');
    taken();
    await errorOf(
      served.s3.send(new PutObjectCommand({ Bucket: 'data', Key: 'there', Body: 'b', IfNoneMatch: '*' })),
    );
    await served.s3.send(new HeadObjectCommand({ Bucket: 'data', Key: 'there' }));
    await put('quiet', 'k');
    expect(taken()).toEqual([]);
  });
});

test('objects are there after a restart', async () => {
  await using first = await serveS3();
  const body = Buffer.from([0, 10, 13, 255]);
  const command = new PutObjectCommand({ Bucket: 'kept', Key: 'k', Body: body, Metadata: { a: 'b' } });
  const { VersionId, ETag } = await first.s3.send(command);
  await first.stop();
  const second = await serveS3({ dataDir: first.dataDir });
  const got = await second.s3.send(new GetObjectCommand({ Bucket: 'kept', Key: 'k' }));
  expect(got).toMatchObject({ VersionId, ETag, Metadata: { a: 'b' } });
  expect(Buffer.from((await got.Body?.transformToByteArray()) ?? [])).toEqual(body);
  await second.stop();
});

test('nothing in these tests was an internal error', () => {
  expect(served.logged).toEqual([]);
});
