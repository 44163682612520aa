import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { BodyTooLarge } from '../common/request-body.ts';
import type { Principal } from '../iam/credentials.ts';
import type { IsAllowed } from '../iam/iam.ts';
import type { SignatureError } from '../iam/signature-error.ts';
import { readSigned } from '../iam/signed-request.ts';
import type { SignatureVerifier } from '../iam/sigv4.ts';
import { describeExecution } from './DescribeExecution.ts';
import { describeStateMachine } from './DescribeStateMachine.ts';
import { getExecutionHistory } from './GetExecutionHistory.ts';
import { listExecutions } from './ListExecutions.ts';
import type { Operation, Service } from './operation.ts';
import { redriveExecution } from './RedriveExecution.ts';
import { startExecution } from './StartExecution.ts';
import { stopExecution } from './StopExecution.ts';
import { type LogDefect, ServiceError } from './service-error.ts';
import { isObject, type JsonObject } from './states-language/reference-path.ts';

const OPERATIONS = new Map<string, Operation>([
  ['DescribeExecution', describeExecution],
  ['DescribeStateMachine', describeStateMachine],
  ['GetExecutionHistory', getExecutionHistory],
  ['ListExecutions', listExecutions],
  ['RedriveExecution', redriveExecution],
  ['StartExecution', startExecution],
  ['StopExecution', stopExecution],
]);

/** @see https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
const MAX_BODY_BYTES = 1_048_576;

const DEFECT = {
  status: 500,
  code: 'InternalServerError',
  message: 'Step Functions failed; the log says why.',
};

/**
 * Answers requests in AWS JSON 1.0: the operation in the header `X-Amz-Target`, errors with status
 * 400 and their name in `__type`.
 *
 * @see https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
 */
export function createRequestHandler({
  service,
  verify,
  isAllowed,
  logDefect,
}: {
  service: Omit<Service, 'authorize'>;
  verify: SignatureVerifier['verify'];
  isAllowed: IsAllowed;
  logDefect: LogDefect;
}): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  async function answer(request: IncomingMessage): Promise<JsonObject> {
    const { principal, body } = await readSigned(request, {
      service: 'states',
      maxBytes: MAX_BODY_BYTES,
      verify,
    });
    const name = String(request.headers['x-amz-target'] ?? '').replace(/^AWSStepFunctions\./, '');
    const operation = OPERATIONS.get(name);
    if (!operation) {
      throw new ServiceError('UnknownOperationException', `The operation "${name}" is not supported here.`);
    }
    const authorize = (resource: string) => {
      const action = `states:${name}`;
      if (!isAllowed(principal.roleArn, action, resource)) throw accessDenied(principal, action, resource);
    };
    return operation(parse(body), { ...service, authorize });
  }

  return async (request, response) => {
    try {
      send(response, 200, await answer(request));
    } catch (error) {
      const refusal = refusalOf(error);
      // A request that its client broke off is no defect, and nobody reads the answer.
      if (!refusal && request.complete)
        logDefect(`Step Functions could not answer ${request.headers['x-amz-target']}`, error);
      const { status, code, message } = refusal ?? DEFECT;
      send(response, status, { __type: code, message });
    }
  };
}

function parse(body: Buffer): JsonObject {
  try {
    const request: unknown = JSON.parse(body.toString());
    if (isObject(request)) return request;
  } catch {
    // The refusal says the same of every body that is no object.
  }
  throw new ServiceError('SerializationException', 'The body of the request must be a JSON object.');
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
function accessDenied({ roleArn, sessionName }: Principal, action: string, resource: string): ServiceError {
  const user = `${roleArn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/${sessionName}`;
  return new ServiceError(
    'AccessDeniedException',
    `User: ${user} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
  );
}

function refusalOf(error: unknown): { status: number; code: string; message: string } | undefined {
  if (error instanceof ServiceError) return { status: 400, code: error.code, message: error.message };
  if ((error as Error).name === 'SignatureError') return error as SignatureError;
  // The name and the status of AWS's front ends; what Step Functions says has no source.
  if (error instanceof BodyTooLarge)
    return { status: 413, code: 'RequestEntityTooLargeException', message: error.message };
  return undefined;
}

function send(response: ServerResponse, status: number, body: JsonObject): void {
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.0',
    'x-amzn-requestid': randomUUID(),
  });
  response.end(JSON.stringify(body));
}
