import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serveS3 } from './serve-for-test.ts';

let served: Awaited<ReturnType<typeof serveS3>>;
beforeAll(async () => {
  served = await serveS3();
  await served.s3.send(new PutObjectCommand({ Bucket: 'data', Key: 'k', Body: 'body' }));
});
afterAll(() => served[Symbol.asyncDispose]());

const presigned = async () => {
  const url = new URL(await getSignedUrl(served.s3, new GetObjectCommand({ Bucket: 'data', Key: 'k' })));
  return url.pathname + url.search;
};
const get = (path: string, headers: Record<string, string> = {}) =>
  served.unsigned({ method: 'GET', path, headers });

describe('a presigned URL', () => {
  test('is rejected beside an Authorization header of any kind', async () => {
    for (const authorization of [
      (await served.sign({ method: 'GET', path: '/s3/data/k' })).authorization,
      'Bearer t',
    ]) {
      const response = await get(await presigned(), { authorization: String(authorization) });
      expect(response.status).toBe(400);
      expect(response.body).toContain(
        '<Code>InvalidArgument</Code><Message>Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified</Message><ArgumentName>Authorization</ArgumentName>',
      );
    }
  });

  test.each([
    'X-Amz-Algorithm',
    'X-Amz-Credential',
    'X-Amz-Date',
    'X-Amz-Expires',
    'X-Amz-SignedHeaders',
    'X-Amz-Signature',
    'X-Amz-Security-Token',
  ])('is rejected with %s twice', async (name) => {
    const path = await presigned();
    const value = new URLSearchParams(path.split('?')[1]).get(name) ?? '';
    for (const second of [value, '604800']) {
      const response = await get(`${path}&${name}=${encodeURIComponent(second)}`);
      expect(response.status).toBe(400);
      expect(response.body).toContain(
        `<Code>AuthorizationQueryParametersError</Code><Message>${name} must be given only once</Message>`,
      );
    }
  });

  test('is rejected with any other parameter twice', async () => {
    const response = await get(`${await presigned()}&x-id=GetObject`);
    expect(response.body).toContain('<Code>SignatureDoesNotMatch</Code>');
  });
});

describe('a signature of another kind', () => {
  const V2 = 'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.';
  test.each([
    ['in the headers', '/s3/data/k', { authorization: 'AWS AKIA:c2lnbmF0dXJl' }, 'InvalidRequest', V2],
    ['in the query', '/s3/data/k?AWSAccessKeyId=AKIA&Signature=s&Expires=9', {}, 'InvalidRequest', V2],
    [
      'by a token',
      '/s3/data/k',
      { authorization: 'Bearer t' },
      'InvalidArgument',
      'Unsupported Authorization Type',
    ],
    [
      'of version 4A',
      '/s3/data/k',
      { authorization: 'AWS4-ECDSA-P256-SHA256 Credential=a' },
      'AuthorizationHeaderMalformed',
      "The authorization header is malformed; expected AWS4-HMAC-SHA256, got 'AWS4-ECDSA-P256-SHA256'",
    ],
  ])('%s is rejected with what is expected', async (_what, path, headers, code, message) => {
    const response = await get(path, headers);
    expect(response.status).toBe(400);
    expect(response.body).toContain(`<Code>${code}</Code><Message>${message}</Message>`);
  });

  test('with a Date header in place of x-amz-date is not supported', async () => {
    const { 'x-amz-date': _, ...headers } = await served.sign({ method: 'GET', path: '/s3/data/k' });
    const response = await get('/s3/data/k', { ...headers, date: new Date().toUTCString() });
    expect(response.status).toBe(501);
    expect(response.body).toContain('A Date header in place of x-amz-date');
  });
});

test('an upload by a form is 501 before its signature is looked for', async () => {
  const response = await served.unsigned({
    method: 'POST',
    path: '/s3/data',
    headers: { 'content-type': 'multipart/form-data; boundary=b', 'content-length': '9' },
    body: '--b\r\n--b--',
  });
  expect(response.status).toBe(501);
  expect(response.body).toContain('<Message>PostObject is not supported by the local runtime.</Message>');
});
