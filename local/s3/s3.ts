import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AwsError } from '../common/aws-error.ts';
import type { EmitEvent } from '../common/aws-event.ts';
import type { Logger } from '../common/logger.ts';
import { isAborted } from '../common/request-body.ts';
import { type XmlElement, xmlDocument } from '../common/xml.ts';
import type { ExplainDenial } from '../iam/iam.ts';
import { isPresigned, type SignatureVerifier } from '../iam/sigv4.ts';
import { accessOf } from './access.ts';
import { authenticate } from './authenticate.ts';
import { type BucketDefinition, openBuckets } from './bucket.ts';
import { copyObject } from './CopyObject.ts';
import { corsHeaders, preflightResponse } from './cors.ts';
import { deleteObject } from './DeleteObject.ts';
import { deleteObjects } from './DeleteObjects.ts';
import { getObject, headObject } from './GetObject.ts';
import { listObjectsV2 } from './ListObjectsV2.ts';
import type { Operation } from './operation.ts';
import { operationName } from './operation-name.ts';
import { putObject } from './PutObject.ts';
import { addressOf, rawAddressOf, type S3Response } from './request.ts';
import { headersOf, rejectUnsupportedHeaders } from './request-headers.ts';
import { noSuchBucket, notSupportedHere, S3Error } from './s3-error.ts';

const operations = new Map<string, Operation>([
  ['PutObject', putObject],
  ['GetObject', getObject],
  ['HeadObject', headObject],
  ['DeleteObject', deleteObject],
  ['DeleteObjects', deleteObjects],
  ['ListObjectsV2', listObjectsV2],
  ['CopyObject', copyObject],
]);

/** The S3 of the local runtime. */
export type S3 = {
  /**
   * Handles one request. `path` is the request's path and query without the prefix under which S3
   * is served; the signature is checked against `request.url` as received, which has that prefix.
   * Never rejects.
   */
  handleRequest(request: IncomingMessage, response: ServerResponse, path: string): Promise<void>;
  /**
   * Replaces the buckets. Objects stay, also those of a bucket that is gone. Throws
   * `DataFolderUnusable`.
   */
  update(buckets: readonly BucketDefinition[]): void;
  /** Resolves when all requests in progress are done. */
  close(): Promise<void>;
};

/**
 * Serves buckets whose objects are files under `<dataDir>/s3/<bucket>`. Throws `DataFolderUnusable`
 * if they cannot be stored there.
 *
 * An event is emitted after its object is durable and before the response. Events of one key are
 * emitted in order.
 */
export function createS3(options: {
  dataDir: string;
  buckets: readonly BucketDefinition[];
  verifier: SignatureVerifier;
  explainDenial: ExplainDenial;
  emit: EmitEvent;
  /**
   * Receives internal errors; their requests get `InternalError`, or no response at all.
   * @default console
   */
  logger?: Logger;
}): S3 {
  const { logger = console } = options;
  const { buckets, update } = openBuckets(join(options.dataDir, 's3'), options.buckets, options.emit);
  const running = new Set<Promise<void>>();

  /** Returns the CORS rules for the path, before any check of the request. */
  function corsTarget(request: IncomingMessage, path: string) {
    const [rawPath = ''] = path.split('?', 1);
    const { bucketName, rawKey } = rawAddressOf(rawPath, request.headers.host ?? '', [...buckets.keys()]);
    return { rules: buckets.get(bucketName)?.cors, isForObject: rawKey !== '' };
  }

  async function respond(request: IncomingMessage, id: string, path: string): Promise<S3Response> {
    const method = request.method ?? '';
    if (method === 'OPTIONS') {
      const { rules, isForObject } = corsTarget(request, path);
      return preflightResponse(rules, request.headers, isForObject);
    }
    const [rawPath = '', rawQuery = ''] = path.split(/\?(.*)/s);
    const query = new URLSearchParams(rawQuery);
    // The signature of a form is in its body.
    if (isForm(request)) throw notSupportedHere('PostObject');
    const principal = await authenticate(request, query, options.verifier);

    const headers = headersOf(request.headers, query, isPresigned(path));
    const address = addressOf(rawPath, headers.host ?? '', [...buckets.keys()]);
    const name = operationName(method, address, query, headers);
    const operation = operations.get(name);
    if (!operation) throw notSupportedHere(name);
    rejectUnsupportedHeaders(headers);
    const bucket = buckets.get(address.bucketName);
    if (!bucket) throw noSuchBucket(address.bucketName);

    const access = accessOf(principal, headers, options.explainDenial);
    const sourceIp = request.socket.remoteAddress ?? '';
    return operation(
      { id, principal, access, key: address.key, query, headers, body: request, sourceIp },
      bucket,
      buckets,
    );
  }

  function expectedError(error: unknown, id: string): AwsError {
    if (error instanceof AwsError) return error;
    logger.error(`S3: request [${id}] failed`, error);
    return new S3Error('InternalError', 500, 'We encountered an internal error. Please try again.');
  }

  async function handle(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const id = randomBytes(8).toString('hex').toUpperCase();
    const hostId = randomBytes(32).toString('base64');
    // Pages may read errors, too. A preflight sets the same headers by itself.
    const { rules = [] } = corsTarget(request, path);
    if (request.method !== 'OPTIONS') {
      response.setHeaders(new Map(Object.entries(corsHeaders(rules, request.method ?? '', request.headers))));
    }
    let result: S3Response;
    try {
      result = await respond(request, id, path);
    } catch (error) {
      if (isAborted(request, error)) return;
      // The rest of the body comes before the next request of the connection.
      request.resume();
      result = errorResponse(expectedError(error, id), id, hostId);
    }
    try {
      await send(result, request, response, { 'x-amz-request-id': id, 'x-amz-id-2': hostId });
    } catch (error) {
      response.destroy();
      if (!isPrematureClose(error)) logger.error(`S3: the response to request [${id}] was cut off`, error);
    }
  }

  return {
    update,
    async handleRequest(request, response, path) {
      const work = handle(request, response, path);
      running.add(work);
      await work;
      running.delete(work);
    },
    async close() {
      await Promise.all(running);
    },
  };
}

/**
 * Returns whether a browser uploads a file by a form:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
 */
function isForm({ method, headers }: IncomingMessage): boolean {
  return method === 'POST' && /^multipart\/form-data\b/i.test(headers['content-type'] ?? '');
}

/** The codes during and before the response. */
const CLIENT_GONE = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_UNABLE_TO_PIPE']);

/** Returns whether the client has disconnected. */
function isPrematureClose(error: unknown): boolean {
  return error instanceof Error && 'code' in error && CLIENT_GONE.has(String(error.code));
}

function errorResponse(error: AwsError, id: string, hostId: string): S3Response {
  const { code, status, message, details } = error;
  const elements: XmlElement[] = [
    ['Code', code],
    ['Message', message],
    ...Object.entries(details),
    ['RequestId', id],
    ['HostId', hostId],
  ];
  return { status, headers: {}, body: xmlDocument(['Error', elements]) };
}

async function send(
  { status, headers, body }: S3Response,
  request: IncomingMessage,
  response: ServerResponse,
  common: Record<string, string>,
): Promise<void> {
  if (typeof body === 'string') {
    const length = String(Buffer.byteLength(body));
    response.writeHead(status, {
      ...headers,
      ...common,
      'content-type': 'application/xml',
      'content-length': length,
    });
    response.end(request.method === 'HEAD' ? undefined : body);
    return;
  }
  response.writeHead(status, { ...headers, ...common });
  if (!body) {
    response.end();
    return;
  }
  try {
    await pipeline(body, response);
  } finally {
    // A pipeline into a closed response does not start, and leaves the object's file open.
    body.destroy();
  }
}
