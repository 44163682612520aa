import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { S3Client, type S3ClientConfig, type S3ServiceException } from '@aws-sdk/client-s3';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { listen } from '../../test/kit/listen.ts';
import { createRecordingLogger } from '../../test/kit/recording-logger.ts';
import type { AwsEvent } from '../common/aws-event.ts';
import { KEEP_ALIVE_MS } from '../common/http-server.ts';
import { type Credentials, createCredentials } from '../iam/credentials.ts';
import type { ExplainDenial } from '../iam/iam.ts';
import { createSignatureVerifier, NodeSha256 } from '../iam/sigv4.ts';
import type { BucketDefinition } from './bucket.ts';
import { createS3 } from './s3.ts';

/** The role that all requests are signed by. */
export const TEST_ROLE = 'arn:aws:iam::000000000000:role/Test';

const REGION = 'us-east-1';
const BUCKETS: BucketDefinition[] = [
  { name: 'data', versioned: false, eventBridge: true, cors: [] },
  { name: 'kept', versioned: true, eventBridge: true, cors: [] },
  { name: 'quiet', versioned: false, eventBridge: false, cors: [] },
  {
    name: 'shared',
    versioned: false,
    eventBridge: false,
    cors: [
      {
        allowedOrigins: ['https://app.test', 'http://*.origin.test'],
        allowedMethods: ['GET', 'PUT'],
        allowedHeaders: ['Range', 'x-AMZ-meta-*'],
        exposedHeaders: ['ETag', 'Content-Range'],
        maxAgeSeconds: 3000,
      },
      { allowedOrigins: ['*'], allowedMethods: ['HEAD'], allowedHeaders: [], exposedHeaders: [] },
    ],
  },
];

/**
 * A request that is signed here, so that its parts can be wrong in any way; no SDK would send it.
 */
export type RawRequest = {
  method: string;
  path: string;
  headers?: Record<string, string>;
  /** Sent as it is; `content-length` and `x-amz-content-sha256` are the caller's. */
  body?: Buffer | string;
};

/** An response as it came over the wire. */
export type RawResponse = { status: number; headers: IncomingHttpHeaders; body: string };

/**
 * S3 on a free port under the prefix `/s3`, in a new folder or a given one; `await using` ends it
 * and removes a new folder.
 */
export async function serveS3({
  dataDir = mkdtempSync(join(tmpdir(), 's3-')),
  explainDenial = () => undefined,
  credentials = createCredentials(),
}: {
  dataDir?: string;
  /** @default all is allowed */
  explainDenial?: ExplainDenial;
  credentials?: Credentials;
} = {}) {
  const issued = credentials.issue(TEST_ROLE, 'test');
  let clockSkewMs = 0;
  const now = () => Date.now() + clockSkewMs;
  const events: AwsEvent[] = [];
  const logger = createRecordingLogger();
  const s3 = createS3({
    dataDir,
    buckets: BUCKETS,
    verifier: createSignatureVerifier(credentials, { region: REGION, now }),
    explainDenial,
    emit: (event) => events.push(event),
    logger,
  });
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    const path = request.url?.replace(/^\/s3/, '') ?? '';
    void s3.handleRequest(request, response, path);
  });
  const listening = await listen(server);
  const { port } = listening;
  const host = `127.0.0.1:${port}`;
  const endpoint = `http://${host}/s3`;
  const clients: S3Client[] = [];

  const client = (config: S3ClientConfig = {}) => {
    const made = new S3Client({ endpoint, region: REGION, credentials: issued, maxAttempts: 1, ...config });
    clients.push(made);
    return made;
  };

  return {
    dataDir,
    events,
    /** Lines for internal errors. */
    logged: logger.lines,
    endpoint,
    host,
    port,
    client,
    /** A client of another role. */
    clientOf: (roleArn: string) => client({ credentials: credentials.issue(roleArn, 'test') }),
    s3: client(),
    /** Lets the server believe that so much time has gone by. */
    passTime(ms: number) {
      clockSkewMs += ms;
    },
    /** The headers of a request with its signature among them. */
    async sign({ method, path, headers = {} }: RawRequest): Promise<Record<string, string>> {
      const [rawPath = '', rawQuery = ''] = path.split(/\?(.*)/s);
      const signer = new SignatureV4({
        credentials: issued,
        region: REGION,
        service: 's3',
        sha256: NodeSha256,
        uriEscapePath: false,
      });
      const signed = await signer.sign(
        new HttpRequest({
          method,
          path: rawPath,
          query: Object.fromEntries(new URLSearchParams(rawQuery)),
          headers: { host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD', ...headers },
        }),
      );
      return signed.headers;
    },
    /** Sends a request over a connection of its own and reads the whole response. */
    async raw(request: RawRequest): Promise<RawResponse> {
      return this.unsigned({ ...request, headers: await this.sign(request) });
    },
    /** The same without a signature, or with the one that the headers have. */
    unsigned(request: RawRequest): Promise<RawResponse> {
      return new Promise((resolve, reject) => {
        const sent = httpRequest(
          { ...request, headers: request.headers, host: '127.0.0.1', port, agent: false },
          async (response) => {
            const body = await text(response);
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
          },
        );
        sent.on('error', reject);
        sent.end(request.body);
      });
    },
    close: s3.close,
    /** For a request that came to another server. */
    handleRequest: s3.handleRequest,
    /** A bare connection, for what an HTTP client would not do. */
    connect: () => connect(port, '127.0.0.1'),
    async stop() {
      for (const made of clients) made.destroy();
      await s3.close();
      await listening[Symbol.asyncDispose]();
    },
    async [Symbol.asyncDispose]() {
      await this.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** The error that a call of the SDK fails with. */
export async function errorOf(call: Promise<unknown>): Promise<S3ServiceException> {
  return call.then(
    () => {
      throw new Error('expected the call to fail, but it succeeded');
    },
    (error: S3ServiceException) => error,
  );
}
