import { randomUUID } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Logger } from '../common/logger.ts';
import { BodyTooLarge, isAborted, readBody } from '../common/request-body.ts';
import { type GraphQLRequest, graphQLRequestOfUrl, parseGraphQLRequest } from './graphql/graphql-request.ts';
import type { ExecuteRequest } from './graphql/graphql-service.ts';
import { type Authenticate, sourceAddresses } from './resolver/callers.ts';
import { MalformedRequestError, UnauthorizedError } from './resolver/errors.ts';
import { type ContextOf, visibleHeaders } from './resolver/resolver-context.ts';

/** The maximum size of a request in AppSync. */
const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Any page may call an API, because callers authenticate by headers, not by cookies.
 */
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'x-amzn-requestid,x-amzn-errortype',
};

/**
 * Creates the handler of `POST`, `GET` and `OPTIONS` on the GraphQL endpoint.
 *
 * It never rejects: an error becomes a response with AppSync's status and body, an internal error
 * becomes status 500.
 *
 * @see https://github.com/graphql/graphql-over-http/issues/81
 */
export function createHttpEndpoint({
  authenticate,
  executeRequest,
  contextOf,
  logger,
}: {
  authenticate: Authenticate;
  executeRequest: ExecuteRequest;
  contextOf: ContextOf;
  logger: Logger;
}): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const handle = async (request: IncomingMessage): Promise<unknown> => {
    const { method = '', url = '', headers } = request;
    if (method !== 'POST' && method !== 'GET') {
      throw new MalformedRequestError(`Expected POST, GET or OPTIONS, got ${method}.`, { status: 405 });
    }
    // Before the body is read, so that strangers cannot fill the memory.
    const caller = await authenticate({ method, path: url, headers, body: 'UNCHECKED' });
    const parsed: GraphQLRequest =
      method === 'GET' ? graphQLRequestOfUrl(url) : parseGraphQLRequest(await textOf(request));
    const sourceIp = sourceAddresses(headers, request.socket.remoteAddress);
    return executeRequest(
      parsed,
      caller,
      contextOf(caller, visibleHeaders(request.headersDistinct), sourceIp),
    );
  };

  return async (request, response) => {
    if (request.method === 'OPTIONS') {
      response.writeHead(200, preflight(request)).end();
      return;
    }
    try {
      send(response, 200, await handle(request));
    } catch (error) {
      if (isAborted(request, error)) return;
      const { status, errorType, message } = failure(error, logger);
      send(response, status, { errors: [{ errorType, message }] }, { 'x-amzn-errortype': errorType });
    }
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  try {
    return (await readBody(request, MAX_BODY_BYTES)).toString('utf8');
  } catch (cause) {
    if (!(cause instanceof BodyTooLarge)) throw cause;
    throw new MalformedRequestError(cause.message, { status: 413, cause });
  }
}

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: OutgoingHttpHeaders = {},
): void {
  response
    .writeHead(status, {
      'content-type': 'application/json;charset=UTF-8',
      'x-amzn-requestid': randomUUID(),
      ...CORS,
      ...headers,
    })
    .end(JSON.stringify(body));
}

function failure(error: unknown, logger: Logger): { status: number; errorType: string; message: string } {
  if (error instanceof UnauthorizedError) {
    return { status: 401, errorType: error.errorType, message: error.message };
  }
  if (error instanceof MalformedRequestError) {
    return { status: error.status, errorType: error.errorType, message: error.message };
  }
  logger.error('AppSync: request failed', error);
  return { status: 500, errorType: 'InternalFailureException', message: 'An internal failure occurred.' };
}

function preflight(request: IncomingMessage): OutgoingHttpHeaders {
  return {
    ...CORS,
    'access-control-allow-methods': 'POST, GET, OPTIONS',
    'access-control-allow-headers': request.headers['access-control-request-headers'] ?? '*',
    'access-control-max-age': '172800',
  };
}
