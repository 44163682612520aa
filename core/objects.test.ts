import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { deleteObject, getMetadata, getObject, listFolder, listObjects, putObject } from './objects.ts';

/** Rejects every request, as a bucket policy does. */
const bucket = {
  name: 'facade',
  client: new S3Client({
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    requestHandler: {
      handle: async () => ({
        response: {
          statusCode: 403,
          headers: {},
          body: new TextEncoder().encode(
            '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>',
          ),
        },
      }),
    },
  }),
};

describe('an S3 error', () => {
  it.each([
    ['putObject', () => putObject(bucket, 'a/b', '{}', { ifNoneMatch: '*' })],
    ['getObject', () => getObject(bucket, 'a/b')],
    ['getMetadata', () => getMetadata(bucket, 'a/b')],
    ['listObjects', () => listObjects(bucket, 'a/b')],
    ['listFolder', () => listFolder(bucket, 'a/b')],
    ['deleteObject', () => deleteObject(bucket, 'a/b', '"etag"')],
  ])('of %s carries the bucket and the key', async (_, request) => {
    await expect(request()).rejects.toMatchObject({
      message: expect.stringMatching(/ \[bucket=facade, key=a\/b\]$/),
      bucket: 'facade',
      key: 'a/b',
      $metadata: { httpStatusCode: 403 },
    });
  });

  it('keeps its name, which Retry and Catch match', async () => {
    await expect(getObject(bucket, 'a/b')).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});
