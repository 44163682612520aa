import { createServer, type IncomingHttpHeaders } from 'node:http';
import { createRequire } from 'node:module';
import { buffer } from 'node:stream/consumers';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { listen } from '../../test/kit/listen.ts';
import { createCredentials } from './credentials.ts';
import { createSignatureVerifier, isPresigned, type SignedRequest } from './sigv4.ts';

// Its other build fails in Node: "Sha256 is not a constructor".
const { Signer } = createRequire(import.meta.url)('aws-appsync-auth-link');

const region = 'us-east-1';
const credentials = createCredentials();
const roleArn = 'arn:aws:iam::000000000000:role/Step';
const issued = credentials.issue(roleArn, 'step');
const principal = { accessKeyId: issued.accessKeyId, roleArn, sessionName: 'step' };
const verifier = createSignatureVerifier(credentials, { region });
const laterBy = (ms: number) => createSignatureVerifier(credentials, { region, now: () => Date.now() + ms });

type Received = { method: string; path: string; headers: IncomingHttpHeaders; body: Buffer };
let received: Received[] = [];
const server = createServer(async (request, response) => {
  const body = await buffer(request);
  received.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body });
  response.end('{}');
});
const listening = await listen(server);
const { origin } = listening;
afterAll(() => listening[Symbol.asyncDispose]());

/** What the wire carried while `call` ran, as the services give it to the verifier. */
async function wire(call: () => Promise<unknown>): Promise<Received> {
  received = [];
  await call();
  const [request] = received;
  if (!request) throw new Error('the client sent nothing');
  return request;
}

const s3 = () => new S3Client({ endpoint: `${origin}/s3`, region, credentials: issued });
const putObject = (key = 'a b/ü.json') =>
  wire(() =>
    s3().send(new PutObjectCommand({ Bucket: 'data', Key: key, Body: 'body', Metadata: { a: ' b  c ' } })),
  );
const startExecution = () =>
  wire(() =>
    new SFNClient({ endpoint: `${origin}/states`, region, credentials: issued }).send(
      new StartExecutionCommand({
        stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:m',
        input: '{"a":"ü"}',
      }),
    ),
  );
const asS3 = (request: Received): SignedRequest => ({ ...request, service: 's3', body: 'AS_DECLARED' });
const asStates = (request: Received): SignedRequest => ({ ...request, service: 'states' });
const presignedGet = async (expiresIn = 60) => {
  const url = new URL(
    await getSignedUrl(s3(), new GetObjectCommand({ Bucket: 'data', Key: 'a b' }), { expiresIn }),
  );
  return { method: 'GET', path: url.pathname + url.search, headers: { host: url.host } };
};
const rejected = (code: string, status: number) =>
  expect.objectContaining({ name: 'SignatureError', code, status });

describe('what the SDK signs', () => {
  test('is accepted for S3, with any key', async () => {
    await expect(verifier.verify(asS3(await putObject()))).resolves.toEqual(principal);
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, unit: 'grapheme' }), async (key) => {
        await expect(verifier.verify(asS3(await putObject(key)))).resolves.toEqual(principal);
      }),
      { numRuns: 50 },
    );
  });

  test('is accepted for a service that escapes the path twice and signs the body', async () => {
    await expect(verifier.verify(asStates(await startExecution()))).resolves.toEqual(principal);
  });

  test('is accepted as a presigned URL', async () => {
    const request = await presignedGet();
    expect(isPresigned(request.path)).toBe(true);
    await expect(verifier.verifyPresigned(request)).resolves.toEqual(principal);
  });

  test('is accepted from headers whose names are not in lower case, as AppSync clients send them over a WebSocket', async () => {
    const { headers, ...request } = await startExecution();
    const upper = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]),
    );
    await expect(verifier.verify(asStates({ ...request, headers: upper }))).resolves.toEqual(principal);
  });
});

describe('a request that was changed on its way', () => {
  test.each<[string, (request: Received) => Partial<Received>]>([
    ['method', () => ({ method: 'POST' })],
    ['path', ({ path }) => ({ path: path.replace('/data/', '/other/') })],
    ['query', ({ path }) => ({ path: `${path}&tagging=` })],
    ['host', ({ headers }) => ({ headers: { ...headers, host: '127.0.0.1:1' } })],
    ['metadata', ({ headers }) => ({ headers: { ...headers, 'x-amz-meta-a': 'd' } })],
    [
      'declared hash',
      ({ headers }) => ({ headers: { ...headers, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }),
    ],
    [
      'signature',
      ({ headers }) => ({
        headers: { ...headers, authorization: headers.authorization?.replace(/.$/, 'x') },
      }),
    ],
  ])('is rejected by S3: %s', async (_part, change) => {
    const request = await putObject();
    await expect(verifier.verify(asS3({ ...request, ...change(request) }))).rejects.toEqual(
      rejected('SignatureDoesNotMatch', 403),
    );
  });

  test('is rejected by another service when its body is another one', async () => {
    const request = await startExecution();
    await expect(verifier.verify(asStates({ ...request, body: Buffer.from('{}') }))).rejects.toEqual(
      rejected('InvalidSignatureException', 400),
    );
  });

  test('is rejected when its body is not the one that a signed header declares', async () => {
    const request = await putObject();
    await expect(verifier.verify({ ...request, service: 's3', body: Buffer.from('other') })).rejects.toEqual(
      rejected('SignatureDoesNotMatch', 403),
    );
  });

  test('is rejected by S3 when an x-amz header was added', async () => {
    const request = await putObject();
    const headers = { ...request.headers, 'x-amz-acl': 'public-read' };
    const error: unknown = await verifier.verify(asS3({ ...request, headers })).catch((e: unknown) => e);
    expect(error).toEqual(rejected('AccessDenied', 403));
    expect(error).toHaveProperty('details', { HeadersNotSigned: 'x-amz-acl' });
  });

  test('is rejected as a presigned URL when a parameter was changed', async () => {
    const request = await presignedGet();
    for (const path of [
      request.path.replace('X-Amz-Expires=60', 'X-Amz-Expires=600'),
      `${request.path}&x=y`,
    ]) {
      await expect(verifier.verifyPresigned({ ...request, path })).rejects.toEqual(
        rejected('SignatureDoesNotMatch', 403),
      );
    }
    await expect(verifier.verifyPresigned({ ...request, method: 'PUT' })).rejects.toEqual(
      rejected('SignatureDoesNotMatch', 403),
    );
  });

  test('is rejected as a presigned URL when an x-amz header was added', async () => {
    const request = await presignedGet();
    const headers = { ...request.headers, 'x-amz-acl': 'public-read' };
    await expect(verifier.verifyPresigned({ ...request, headers })).rejects.toEqual(
      rejected('AccessDenied', 403),
    );
  });
});

describe('who signs', () => {
  const changed = (request: Received, name: string, from: string | RegExp, to: string): Received => ({
    ...request,
    headers: { ...request.headers, [name]: String(request.headers[name]).replace(from, to) },
  });

  test('nobody is rejected', async () => {
    const put = await putObject();
    const start = await startExecution();
    delete put.headers.authorization;
    delete start.headers.authorization;
    await expect(verifier.verify(asS3(put))).rejects.toEqual(rejected('AccessDenied', 403));
    await expect(verifier.verify(asStates(start))).rejects.toEqual(
      rejected('MissingAuthenticationTokenException', 400),
    );
  });

  test('an access key that was not issued is rejected', async () => {
    const put = changed(await putObject(), 'authorization', issued.accessKeyId, 'ASIAAAAAAAAAAAAAAAAA');
    const start = changed(
      await startExecution(),
      'authorization',
      issued.accessKeyId,
      'ASIAAAAAAAAAAAAAAAAA',
    );
    await expect(verifier.verify(asS3(put))).rejects.toEqual(rejected('InvalidAccessKeyId', 403));
    await expect(verifier.verify(asStates(start))).rejects.toEqual(
      rejected('UnrecognizedClientException', 400),
    );
  });

  test('a wrong session token is rejected', async () => {
    const put = changed(await putObject(), 'x-amz-security-token', /^./, '-');
    const start = changed(await startExecution(), 'x-amz-security-token', /^./, '-');
    await expect(verifier.verify(asS3(put))).rejects.toEqual(rejected('InvalidToken', 400));
    await expect(verifier.verify(asStates(start))).rejects.toEqual(
      rejected('UnrecognizedClientException', 400),
    );
  });

  test('a scope of another region, service or day is rejected', async () => {
    for (const [from, to] of [
      ['/us-east-1/', '/eu-west-1/'],
      [/\/(s3|states)\//, '/sqs/'],
      [/\/\d{8}\//, '/20200101/'],
    ] as const) {
      await expect(
        verifier.verify(asS3(changed(await putObject(), 'authorization', from, to))),
      ).rejects.toEqual(rejected('AuthorizationHeaderMalformed', 400));
      await expect(
        verifier.verify(asStates(changed(await startExecution(), 'authorization', from, to))),
      ).rejects.toEqual(rejected('InvalidSignatureException', 400));
    }
    const { path, ...request } = await presignedGet();
    await expect(
      verifier.verifyPresigned({ ...request, path: path.replace('us-east-1', 'eu-west-1') }),
    ).rejects.toEqual(rejected('AuthorizationQueryParametersError', 400));
  });

  test('a header that is not a signature of version 4 is rejected', async () => {
    for (const authorization of [
      'AWS key:signature',
      'AWS4-HMAC-SHA256 Credential=a',
      'AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=b',
    ]) {
      const put = await putObject();
      await expect(
        verifier.verify(asS3({ ...put, headers: { ...put.headers, authorization } })),
      ).rejects.toEqual(rejected('AuthorizationHeaderMalformed', 400));
      await expect(
        verifier.verify({ ...put, service: 'states', headers: { ...put.headers, authorization } }),
      ).rejects.toEqual(rejected('IncompleteSignatureException', 400));
    }
  });

  test('a signature that leaves the host out is rejected', async () => {
    const start = changed(await startExecution(), 'authorization', ';host', '');
    await expect(verifier.verify(asStates(start))).rejects.toThrow("'host' must be a 'SignedHeader'");
  });

  test('a signature without a date is rejected', async () => {
    const put = await putObject();
    const start = await startExecution();
    for (const [date, message] of [
      [undefined, "Authorization header requires existence of a 'X-Amz-Date' header."],
      [
        'today',
        "Date must be in ISO-8601 'basic format'. Got 'today'. See http://en.wikipedia.org/wiki/ISO_8601",
      ],
    ] as const) {
      const withDate = (request: Received) => ({
        ...request,
        headers: { ...request.headers, 'x-amz-date': date },
      });
      await expect(verifier.verify(asS3(withDate(put)))).rejects.toMatchObject({
        code: 'AccessDenied',
        status: 403,
        message: 'AWS authentication requires a valid Date or x-amz-date header',
      });
      await expect(verifier.verify(asStates(withDate(start)))).rejects.toMatchObject({
        code: 'IncompleteSignatureException',
        status: 400,
        message,
      });
    }
    const url = await presignedGet();
    const path = url.path.replace(/X-Amz-Date=\w+/, 'X-Amz-Date=today');
    await expect(verifier.verifyPresigned({ ...url, path })).rejects.toThrow('ISO8601 Long Format');
  });
});

describe('time', () => {
  const minutes = (n: number) => n * 60_000;

  test('a signature is good for fifteen minutes with S3, before and after its date', async () => {
    const put = asS3(await putObject());
    for (const ms of [minutes(14), -minutes(14)]) {
      await expect(laterBy(ms).verify(put)).resolves.toEqual(principal);
    }
    for (const ms of [minutes(16), -minutes(16)]) {
      await expect(laterBy(ms).verify(put)).rejects.toEqual(rejected('RequestTimeTooSkewed', 403));
    }
  });

  test('a signature is good for five minutes elsewhere', async () => {
    const start = asStates(await startExecution());
    await expect(laterBy(minutes(4)).verify(start)).resolves.toEqual(principal);
    await expect(laterBy(minutes(6)).verify(start)).rejects.toThrow(
      /^Signature expired: .* \(.*Z - 5 min\.\)$/,
    );
    await expect(laterBy(-minutes(6)).verify(start)).rejects.toThrow(
      /^Signature not yet current: .* \(.*Z \+ 5 min\.\)$/,
    );
  });

  test('a presigned URL is good until it expires', async () => {
    const url = await presignedGet(3600);
    await expect(laterBy(minutes(59)).verifyPresigned(url)).resolves.toEqual(principal);
    const error: unknown = await laterBy(minutes(61))
      .verifyPresigned(url)
      .catch((e: unknown) => e);
    expect(error).toEqual(rejected('AccessDenied', 403));
    expect(error).toMatchObject({
      message: 'Request has expired',
      details: { 'X-Amz-Expires': '3600', Expires: expect.any(String), ServerTime: expect.any(String) },
    });
    await expect(laterBy(-minutes(16)).verifyPresigned(url)).rejects.toThrow('Request is not yet valid');
  });

  test('a presigned URL without all of its parameters, or with a wrong one, is rejected', async () => {
    const { path, ...request } = await presignedGet();
    for (const wrong of [
      path.replace(/&X-Amz-Date=[^&]*/, ''),
      path.replace(/X-Amz-Date=[^&]*/, 'X-Amz-Date=today'),
      path.replace('X-Amz-Expires=60', 'X-Amz-Expires=soon'),
      path.replace('X-Amz-Expires=60', 'X-Amz-Expires=604801'),
      path.replace('AWS4-HMAC-SHA256', 'AWS4-ECDSA-P256-SHA256'),
      path.replace('aws4_request', 'aws2_request'),
    ]) {
      await expect(verifier.verifyPresigned({ ...request, path: wrong })).rejects.toEqual(
        rejected('AuthorizationQueryParametersError', 400),
      );
    }
  });
});

describe('a body that cannot be compared', () => {
  test('is that of aws-appsync-auth-link, which signs less than Apollo sends', async () => {
    const signed: { headers: IncomingHttpHeaders } = Signer.sign(
      {
        method: 'POST',
        url: 'http://127.0.0.1:4000/graphql',
        headers: { accept: '*/*', 'content-type': 'application/json; charset=UTF-8' },
        body: '{"variables":{},"query":"{a}"}',
        service: 'appsync',
        region,
      },
      {
        access_key: issued.accessKeyId,
        secret_key: issued.secretAccessKey,
        session_token: issued.sessionToken,
      },
    );
    const request = { ...signed, service: 'appsync', method: 'POST', path: '/graphql' };
    const body = Buffer.from('{"variables":{},"query":"{a}"}');
    const sent = Buffer.from('{"variables":{},"query":"{a}","extensions":{}}');
    await expect(verifier.verify({ ...request, body })).resolves.toEqual(principal);
    await expect(verifier.verify({ ...request, body: sent })).rejects.toEqual(
      rejected('InvalidSignatureException', 400),
    );
    await expect(verifier.verify({ ...request, body: 'UNCHECKED' })).resolves.toEqual(principal);
  });

  test('leaves key, token, scope and date to be checked', async () => {
    const start: SignedRequest = { ...asStates(await startExecution()), body: 'UNCHECKED' };
    await expect(verifier.verify(start)).resolves.toEqual(principal);
    const headers = { ...start.headers, 'x-amz-security-token': 'other' };
    await expect(verifier.verify({ ...start, headers })).rejects.toEqual(
      rejected('UnrecognizedClientException', 400),
    );
    await expect(laterBy(6 * 60_000).verify(start)).rejects.toEqual(
      rejected('InvalidSignatureException', 400),
    );
  });

  test('is compared all the same where a header declares its hash', async () => {
    const put: SignedRequest = { ...asS3(await putObject()), body: 'UNCHECKED' };
    await expect(verifier.verify(put)).resolves.toEqual(principal);
    await expect(verifier.verify({ ...put, method: 'GET' })).rejects.toEqual(
      rejected('SignatureDoesNotMatch', 403),
    );
  });

  test('is rejected by S3, which wants its hash declared', async () => {
    const put = await putObject();
    delete put.headers['x-amz-content-sha256'];
    await expect(verifier.verify(asS3(put))).rejects.toEqual(rejected('InvalidRequest', 400));
  });
});
