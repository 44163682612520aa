/**
 * Lambda's Invoke over HTTP, for operators; services invoke functions without it.
 *
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */

import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { nestsTooDeep } from '../common/json-depth.ts';
import { BodyTooLarge } from '../common/request-body.ts';
import type { IsAllowed } from '../iam/iam.ts';
import type { SignatureError } from '../iam/signature-error.ts';
import { readSigned } from '../iam/signed-request.ts';
import type { SignatureVerifier } from '../iam/sigv4.ts';
import type { LambdaFunction } from './function.ts';
import { lambdaErrors, MAX_REQUEST_BYTES } from './function-error.ts';
import type { Lambda } from './lambda.ts';

/**
 * The first parts of the paths of Lambda's operations, its versions:
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

/** What `LogType: Tail` gives of an invocation's log. */
const TAIL_BYTES = 4_096;

const INVOCATIONS = /^\/functions\/([^/]+)\/invocations$/;

/**
 * Serves Invoke requests for the functions, waiting for each result (`RequestResponse`), with the
 * end of the log where `LogType` is `Tail`. It rejects other types and operations by name.
 */
export function createInvokeHandler(
  functions: readonly LambdaFunction[],
  invoke: Lambda['invokeLogged'],
  verify: SignatureVerifier['verify'],
  isAllowed: IsAllowed,
) {
  return async (request: IncomingMessage, response: ServerResponse, path: string): Promise<void> => {
    const refuse = (status: number, type: string, message: string) =>
      send(response, status, { 'x-amzn-errortype': type }, { Type: 'User', Message: message });
    const name = functionNameOf(path);
    if (request.method !== 'POST' || name === '') {
      return refuse(501, 'UnsupportedOperation', 'Of Lambda, the local runtime has only Invoke');
    }
    let signed: Awaited<ReturnType<typeof readSigned>>;
    try {
      signed = await readSigned(request, { service: 'lambda', maxBytes: MAX_REQUEST_BYTES, verify });
    } catch (error) {
      if (error instanceof BodyTooLarge) {
        const { errorType, errorMessage } = lambdaErrors.requestTooLarge();
        return refuse(413, errorType, errorMessage);
      }
      const { code, status, message } = error as SignatureError;
      return refuse(status ?? 403, code ?? 'AccessDeniedException', message);
    }
    const { body } = signed;
    const { roleArn } = signed.principal;
    const fn = functions.find((each) => each.name === name || each.arn === name);
    if (!fn) return refuse(404, 'ResourceNotFoundException', `Function not found: ${name}`);
    if (!isAllowed(roleArn, 'lambda:InvokeFunction', fn.arn)) {
      return refuse(
        403,
        'AccessDeniedException',
        `${roleArn} is not authorized to perform: lambda:InvokeFunction on resource: ${fn.arn}`,
      );
    }
    const type = request.headers['x-amz-invocation-type'] ?? 'RequestResponse';
    if (type !== 'RequestResponse') {
      return refuse(
        501,
        'UnsupportedOperation',
        `The local runtime does not have the invocation type ${type}`,
      );
    }
    let payload: unknown;
    try {
      payload = body.length > 0 ? JSON.parse(body.toString()) : undefined;
    } catch (error) {
      return refuse(
        400,
        'InvalidRequestContentException',
        `Could not parse request body into json: ${(error as Error).message}`,
      );
    }
    if (nestsTooDeep(payload)) {
      return refuse(
        400,
        'InvalidRequestContentException',
        'Could not parse request body into json: Document nesting depth exceeds the maximum allowed',
      );
    }
    const requestId = randomUUID();
    let log = '';
    const result = await invoke(fn.arn, payload, requestId, (line) => {
      log = `${log}${line}\n`.slice(-TAIL_BYTES);
    });
    const headers: Record<string, string> = { 'x-amzn-requestid': requestId };
    if (request.headers['x-amz-log-type'] === 'Tail') {
      headers['x-amz-log-result'] = Buffer.from(log).subarray(-TAIL_BYTES).toString('base64');
    }
    if (result.ok) return send(response, 200, headers, result.payload);
    send(response, 200, { ...headers, 'x-amz-function-error': 'Unhandled' }, result.error);
  };
}

/**
 * Empty for the path of another operation; as it was sent where it is not percent-encoded UTF-8.
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
