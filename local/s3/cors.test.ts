import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UnsupportedTemplate } from '../common/errors.ts';
import { bucketsOf } from '../template/configuration.ts';
import { serveS3 } from './serve-for-test.ts';

let served: Awaited<ReturnType<typeof serveS3>>;
beforeAll(async () => {
  served = await serveS3();
  await served.s3.send(new PutObjectCommand({ Bucket: 'shared', Key: 'k', Body: 'body' }));
  await served.s3.send(new PutObjectCommand({ Bucket: 'data', Key: 'k', Body: 'body' }));
});
afterAll(() => served[Symbol.asyncDispose]());

const VARY = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method';

/** Node's fetch leaves out the headers that belong to a browser. */
const send = (method: string, path: string, headers: Record<string, string> = {}) =>
  served.unsigned({ method, path, headers });

const corsHeadersOf = (headers: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.startsWith('access-control-') || name === 'vary'),
  );

describe('a preflight', () => {
  const preflight = (
    path: string,
    { origin, method, headers }: { origin?: string; method?: string; headers?: string },
  ) =>
    send('OPTIONS', path, {
      ...(origin !== undefined && { origin }),
      ...(method !== undefined && { 'access-control-request-method': method }),
      ...(headers !== undefined && { 'access-control-request-headers': headers }),
    });

  test('that a rule allows gets its origin, methods, headers and age', async () => {
    const response = await preflight('/s3/shared/k', {
      origin: 'https://app.test',
      method: 'PUT',
      headers: 'RANGE,x-amz-meta-a, X-Amz-Meta-',
    });
    expect(response).toMatchObject({ status: 200, body: '', headers: { 'content-length': '0' } });
    expect(corsHeadersOf(response.headers)).toEqual({
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': 'range, x-amz-meta-a, x-amz-meta-',
      'access-control-allow-methods': 'GET, PUT',
      'access-control-allow-origin': 'https://app.test',
      'access-control-expose-headers': 'ETag, Content-Range',
      'access-control-max-age': '3000',
      vary: VARY,
    });
  });

  test('that a later rule allows for every origin gets no origin and no credentials', async () => {
    const response = await preflight('/s3/shared/k', { origin: 'http://random:1234', method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(corsHeadersOf(response.headers)).toEqual({
      'access-control-allow-methods': 'HEAD',
      'access-control-allow-origin': '*',
      vary: VARY,
    });
  });

  test.each([
    ['http://a.origin.test', 200],
    ['http://.origin.test', 200],
    ['http://a.origin.test/', 403],
    ['http://origin.test', 403],
    ['https://APP.test', 403],
    ['null', 403],
  ])('from %s gets %i', async (origin, status) => {
    expect(await preflight('/s3/shared/k', { origin, method: 'GET' })).toMatchObject({ status });
  });

  const NOT_ALLOWED =
    "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.";

  test.each<[string, string, Parameters<typeof preflight>[1], number, string]>([
    [
      'without an origin',
      '/s3/shared/k',
      {},
      400,
      '<Code>BadRequest</Code><Message>Insufficient information. Origin request header needed.</Message>',
    ],
    [
      'without a method',
      '/s3/shared/k',
      { origin: 'https://app.test' },
      400,
      '<Code>BadRequest</Code><Message>Invalid Access-Control-Request-Method: null</Message>',
    ],
    [
      'of a bucket without rules',
      '/s3/data/k',
      { origin: 'https://app.test', method: 'PUT' },
      403,
      '<Code>AccessForbidden</Code><Message>CORSResponse: CORS is not enabled for this bucket.</Message><Method>PUT</Method><ResourceType>BUCKET</ResourceType>',
    ],
    [
      'of no bucket',
      '/s3/nowhere/%zz',
      { origin: 'https://app.test' },
      403,
      '<Code>AccessForbidden</Code><Message>CORSResponse: Bucket not found</Message><Method>OPTIONS</Method><ResourceType>BUCKET</ResourceType>',
    ],
    [
      'for another method',
      '/s3/shared/k',
      { origin: 'https://app.test', method: 'DELETE' },
      403,
      `<Message>${NOT_ALLOWED}</Message><Method>DELETE</Method><ResourceType>OBJECT</ResourceType>`,
    ],
    [
      'with another header',
      '/s3/shared/',
      { origin: 'https://app.test', method: 'GET', headers: 'range, x-other' },
      403,
      `<Message>${NOT_ALLOWED}</Message><Method>GET</Method><ResourceType>BUCKET</ResourceType>`,
    ],
  ])('%s is rejected', async (_what, path, request, status, body) => {
    const response = await preflight(path, request);
    expect(response.status).toBe(status);
    expect(response.body).toContain(body);
    expect(corsHeadersOf(response.headers)).toEqual({});
  });
});

describe('a request of a page', () => {
  const presigned = async (bucket: string) => {
    const url = new URL(await getSignedUrl(served.s3, new GetObjectCommand({ Bucket: bucket, Key: 'k' })));
    return url.pathname + url.search;
  };

  test('of an allowed origin gets the headers by which the page may read the response', async () => {
    const response = await send('GET', await presigned('shared'), {
      origin: 'https://app.test',
      range: 'bytes=1-2',
    });
    expect(response).toMatchObject({ status: 206, body: 'od' });
    expect(corsHeadersOf(response.headers)).toEqual({
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, PUT',
      'access-control-allow-origin': 'https://app.test',
      'access-control-expose-headers': 'ETag, Content-Range',
      'access-control-max-age': '3000',
      vary: VARY,
    });
  });

  test('gets them with an error, too', async () => {
    const response = await send('GET', '/s3/shared/k', { origin: 'https://app.test' });
    expect(response).toMatchObject({
      status: 403,
      headers: { 'access-control-allow-origin': 'https://app.test' },
    });
  });

  test.each([
    ['another origin', 'shared', 'https://other.test'],
    ['a bucket without rules', 'data', 'https://app.test'],
  ])('of %s is served without them', async (_what, bucket, origin) => {
    const response = await send('GET', await presigned(bucket), { origin });
    expect(response).toMatchObject({ status: 200, body: 'body' });
    expect(corsHeadersOf(response.headers)).toEqual({});
  });

  test('without an origin is served without them', async () => {
    const response = await send('GET', await presigned('shared'));
    expect(response.status).toBe(200);
    expect(corsHeadersOf(response.headers)).toEqual({});
  });
});

describe('the CORS configuration of a template', () => {
  const corsOf = (CorsRules: unknown) =>
    bucketsOf({
      resources: () => [
        {
          id: 'Data',
          ref: 'data',
          arn: 'arn:aws:s3:::data',
          properties: { CorsConfiguration: { CorsRules } },
        },
      ],
      passOver(_, problems) {
        throw new UnsupportedTemplate(problems);
      },
    })[0]?.cors;

  test('becomes rules', () => {
    const required = { AllowedOrigins: ['*'], AllowedMethods: ['GET'] };
    expect(
      corsOf([
        required,
        { ...required, Id: 'x', AllowedHeaders: ['*'], ExposedHeaders: ['ETag'], MaxAge: '60' },
      ]),
    ).toEqual([
      { allowedOrigins: ['*'], allowedMethods: ['GET'], allowedHeaders: [], exposedHeaders: [] },
      {
        allowedOrigins: ['*'],
        allowedMethods: ['GET'],
        allowedHeaders: ['*'],
        exposedHeaders: ['ETag'],
        maxAgeSeconds: 60,
      },
    ]);
  });

  test.each([
    ['two wildcards', { AllowedOrigins: ['*a*'], AllowedMethods: ['GET'] }, 'AllowedOrigins.0'],
    ['an unknown method', { AllowedOrigins: ['*'], AllowedMethods: ['OPTIONS'] }, 'AllowedMethods.0'],
    [
      'an exposed wildcard',
      { AllowedOrigins: ['*'], AllowedMethods: ['GET'], ExposedHeaders: ['*'] },
      'Exposed',
    ],
    [
      'another property',
      { AllowedOrigins: ['*'], AllowedMethods: ['GET'], MaxAgeSeconds: 1 },
      'MaxAgeSeconds',
    ],
  ])('with %s is rejected by name', (_what, rule, name) => {
    expect(() => corsOf([rule])).toThrow(
      expect.objectContaining<Partial<UnsupportedTemplate>>({ message: expect.stringContaining(name) }),
    );
  });
});
