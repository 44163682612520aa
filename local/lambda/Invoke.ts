/**
 * Lambda's Invoke over HTTP, for operators and functions. Services invoke functions without it.
 *
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */

import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from '../common/aws-error.ts';
import { lambdaErrors, MAX_REQUEST_BYTES } from '../common/function-error.ts';
import { nestsTooDeep } from '../common/json.ts';
import type { Logger } from '../common/logger.ts';
import { BodyTooLarge, isAborted } from '../common/request-body.ts';
import { accessDeniedMessage } from '../iam/access-denied.ts';
import type { IsAllowed } from '../iam/iam.ts';
import { readSigned } from '../iam/signed-request.ts';
import type { SignatureVerifier } from '../iam/sigv4.ts';
import type { Lambda } from './lambda.ts';

/**
 * The first segments of the paths of Lambda's operations, its API versions:
 * https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html. Invoke is in the first.
 */
export const LAMBDA_API_VERSIONS = [
  '2014-11-13',
  '2015-03-31',
  '2016-08-19',
  '2017-03-31',
  '2017-10-31',
  '2018-10-31',
  '2019-09-25',
  '2019-09-30',
  '2020-04-22',
  '2020-06-30',
  '2021-07-20',
  '2021-10-31',
  '2021-11-15',
  '2024-08-31',
  '2025-11-30',
  '2025-12-01',
  '2026-07-09',
] as const;

/** The end of an invocation's log that `LogType: Tail` returns. */
const TAIL_BYTES = 4_096;

const INVOCATIONS = /^\/functions\/([^/]+)\/invocations$/;

/** The services that the handler uses. */
type InvokeServices = {
  lambda: Pick<Lambda, 'find' | 'invokeLogged'>;
  verifier: SignatureVerifier;
  isAllowed: IsAllowed;
  /** Returns why the runtime cannot run a function of the template, by its name or ARN. */
  whyNotServed?(functionNameOrArn: string): string | undefined;
  /** Receives internal errors. @default console */
  logger?: Logger;
};

/**
 * Creates the handler of Invoke requests. It waits for each result (`RequestResponse`), and returns
 * the end of the log if `LogType` is `Tail`. It rejects other types and operations by name.
 */
export function createInvokeHandler(services: InvokeServices) {
  const { lambda, logger = console } = services;
  return async (request: IncomingMessage, response: ServerResponse, path: string): Promise<void> => {
    try {
      const { functionArn, payload } = await readInvocation(request, path, services);
      const requestId = randomUUID();
      let log = '';
      const result = await lambda.invokeLogged(functionArn, payload, requestId, (line) => {
        log = `${log}${line}\n`.slice(-TAIL_BYTES);
      });
      const headers: Record<string, string> = { 'x-amzn-requestid': requestId };
      if (request.headers['x-amz-log-type'] === 'Tail') {
        headers['x-amz-log-result'] = Buffer.from(log).subarray(-TAIL_BYTES).toString('base64');
      }
      if (result.ok) return send(response, 200, headers, result.payload);
      send(response, 200, { ...headers, 'x-amz-function-error': 'Unhandled' }, result.error);
    } catch (thrown) {
      const isInternal = !(thrown instanceof AwsError);
      if (isInternal && !isAborted(request, thrown)) logger.error('Lambda: Invoke failed', thrown);
      const { status, code, message } = isInternal ? INTERNAL_ERROR : thrown;
      send(response, status, { 'x-amzn-errortype': code }, { Type: 'User', Message: message });
    }
  };
}

const INTERNAL_ERROR = new AwsError(
  'ServiceException',
  500,
  'Lambda: internal error. See the log of the local runtime.',
);

async function readInvocation(
  request: IncomingMessage,
  path: string,
  { lambda, verifier, isAllowed, whyNotServed = () => undefined }: InvokeServices,
): Promise<{ functionArn: string; payload: unknown }> {
  const name = functionNameOf(path);
  if (request.method !== 'POST' || name === '')
    throw unsupported('Only the Invoke operation is supported by the local runtime');
  const { principal, body } = await readSigned(request, {
    service: 'lambda',
    maxBytes: MAX_REQUEST_BYTES,
    verifier,
  }).catch((error: unknown) => {
    throw error instanceof BodyTooLarge ? requestTooLarge() : error;
  });
  const fn = lambda.find(name);
  if (!fn) throw missing(name, whyNotServed(name));
  const action = 'lambda:InvokeFunction';
  if (!isAllowed(principal.roleArn, action, fn.arn))
    throw new AwsError('AccessDeniedException', 403, accessDeniedMessage(principal, action, fn.arn));
  const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
  if (type !== 'RequestResponse')
    throw unsupported(`The invocation type ${type} is not supported by the local runtime`);
  return { functionArn: fn.arn, payload: parsePayload(body) };
}

function missing(name: string, reason: string | undefined): AwsError {
  if (reason === undefined)
    return new AwsError('ResourceNotFoundException', 404, `Function not found: ${name}`);
  return new AwsError(
    'NotServedLocally',
    501,
    `The local runtime does not serve function ${name}: ${reason}`,
  );
}

function parsePayload(body: Buffer): unknown {
  let payload: unknown;
  try {
    payload = body.length > 0 ? JSON.parse(body.toString()) : undefined;
  } catch (error) {
    throw invalidContent((error as Error).message);
  }
  if (nestsTooDeep(payload)) throw invalidContent('Document nesting depth exceeds the maximum allowed');
  return payload;
}

function unsupported(message: string): AwsError {
  return new AwsError('UnsupportedOperation', 501, message);
}

function requestTooLarge(): AwsError {
  const { errorType, errorMessage } = lambdaErrors.requestTooLarge();
  return new AwsError(errorType, 413, errorMessage);
}

function invalidContent(problem: string): AwsError {
  return new AwsError(
    'InvalidRequestContentException',
    400,
    `Could not parse request body into json: ${problem}`,
  );
}

/**
 * Returns an empty name for the path of another operation, and the name as sent if it is not
 * percent-encoded UTF-8.
 */
function functionNameOf(path: string): string {
  const encoded = INVOCATIONS.exec(path.replace(/\?.*$/s, ''))?.[1] ?? '';
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

function send(
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: unknown,
): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'x-amzn-requestid': randomUUID(),
    ...(status === 200 ? { 'x-amz-executed-version': '$LATEST' } : {}),
    ...headers,
  });
  response.end(JSON.stringify(body ?? null));
}
