import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from '../common/aws-error.ts';
import { isObject, type JsonObject } from '../common/json.ts';
import type { Logger } from '../common/logger.ts';
import { isAborted } from '../common/request-body.ts';
import { accessDeniedMessage } from './access-denied.ts';
import type { Principal } from './credentials.ts';
import type { IsAllowed } from './iam.ts';
import { readSigned } from './signed-request.ts';
import type { SignatureVerifier } from './sigv4.ts';

/** One request, as far as its operation does not see it in the parameters. */
type AwsJsonCall = {
  /** Throws the service's access denied error unless the caller may do the operation on it. */
  authorize(resourceArn: string): void;
  /** Returns whether the client still waits for the response. */
  isConnected(): boolean;
};

/** The protocol settings and operations of a service. */
export type AwsJsonService = {
  /** The name in log messages. */
  name: string;
  /** In signatures and in IAM actions: `states`, `sqs`. */
  signingName: string;
  /** The part of `X-Amz-Target` before the dot. */
  targetPrefix: string;
  maxBodyBytes: number;
  accessDenied: { code: string; status: number };
  /** The response to an internal error. */
  internalError: AwsError;
  /** Before the code in `__type`. @default '' */
  errorNamespace?: string;
  /** Further headers of a response with an error. */
  errorHeaders?(error: AwsError): Record<string, string>;
  /** Returns an operation. Throws the service's error for an unknown one, or for none (''). */
  operation(name: string): (parameters: JsonObject, call: AwsJsonCall) => object | Promise<object>;
};

/**
 * Creates the request handler of a service that speaks AWS JSON 1.0: the operation is in the header
 * `X-Amz-Target`, the name of an error in `__type`. The handler never rejects.
 *
 * @see https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
 */
export function createAwsJsonHandler(
  service: AwsJsonService,
  { verifier, isAllowed, logger }: { verifier: SignatureVerifier; isAllowed: IsAllowed; logger: Logger },
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { signingName, targetPrefix, maxBodyBytes: maxBytes, errorNamespace = '' } = service;

  function accessDenied(principal: Principal, action: string, resource: string): AwsError {
    const { code, status } = service.accessDenied;
    return new AwsError(code, status, accessDeniedMessage(principal, action, resource));
  }

  async function execute(request: IncomingMessage, response: ServerResponse): Promise<object> {
    const { principal, body } = await readSigned(request, { service: signingName, maxBytes, verifier });
    const name = operationName(request, targetPrefix);
    const operation = service.operation(name);
    return operation(parse(body), {
      authorize(resource) {
        const action = `${signingName}:${name}`;
        if (!isAllowed(principal.roleArn, action, resource)) throw accessDenied(principal, action, resource);
      },
      isConnected: () => !response.destroyed,
    });
  }

  return async (request, response) => {
    try {
      send(response, 200, {}, await execute(request, response));
    } catch (thrown) {
      const isInternal = !(thrown instanceof AwsError);
      if (isInternal && !isAborted(request, thrown))
        logger.error(`${service.name}: ${operationName(request, targetPrefix)} failed`, thrown);
      const error = isInternal ? service.internalError : thrown;
      const { code, status, message } = error;
      send(response, status, service.errorHeaders?.(error) ?? {}, {
        __type: `${errorNamespace}${code}`,
        message,
      });
    }
  };
}

function operationName({ headers }: IncomingMessage, targetPrefix: string): string {
  const [prefix, name = ''] = String(headers['x-amz-target'] ?? '').split('.', 2);
  return prefix === targetPrefix ? name : '';
}

function parse(body: Buffer): JsonObject {
  try {
    const parameters: unknown = JSON.parse(body.toString());
    if (isObject(parameters)) return parameters;
  } catch {
    // The error below is the same for every body that is not a JSON object.
  }
  throw new AwsError('SerializationException', 400, 'The request body must be a JSON object.');
}

function send(response: ServerResponse, status: number, headers: Record<string, string>, body: object): void {
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.0',
    'x-amzn-requestid': randomUUID(),
    ...headers,
  });
  response.end(JSON.stringify(body));
}
