import { randomBytes, randomUUID } from 'node:crypto';
import { xmlDocument } from '../common/xml.ts';

/** What a service answers without having looked at the request. */
export type Refusal = { status: number; headers: Record<string, string>; body: string };

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList */
export const s3Refusals = {
  internalError: () => s3Refusal(500, 'InternalError', 'We encountered an internal error. Please try again.'),
  slowDown: () => s3Refusal(503, 'SlowDown', 'Please reduce your request rate.'),
};

/** @see https://docs.aws.amazon.com/step-functions/latest/apireference/CommonErrors.html */
export const stepFunctionsRefusals = {
  internalFailure: () =>
    stepFunctionsRefusal(
      500,
      'InternalFailure',
      'The request processing has failed because of an unknown error, exception or failure.',
    ),
  throttling: () => stepFunctionsRefusal(400, 'ThrottlingException', 'Rate exceeded'),
};

/** What AppSync says of itself, and what something in front of it says that cannot reach it. */
export const graphqlRefusals = {
  internalFailure: () => graphqlRefusal(500, 'InternalFailureException', 'An internal failure occurred.'),
  unauthorized: () =>
    graphqlRefusal(401, 'UnauthorizedException', 'You are not authorized to make this call.'),
  unavailable: (): Refusal => ({
    status: 503,
    headers: { 'content-type': 'text/html', ...ANY_PAGE },
    body: '<html><body>Service Unavailable</body></html>',
  }),
};

/** Without it the script of a page would not see the status. */
const ANY_PAGE = { 'access-control-allow-origin': '*' };

function graphqlRefusal(status: number, errorType: string, message: string): Refusal {
  return {
    status,
    headers: {
      'content-type': 'application/json;charset=UTF-8',
      'x-amzn-errortype': errorType,
      'x-amzn-requestid': randomUUID(),
      ...ANY_PAGE,
    },
    body: JSON.stringify({ errors: [{ errorType, message }] }),
  };
}

function s3Refusal(status: number, code: string, message: string): Refusal {
  const requestId = randomBytes(8).toString('hex').toUpperCase();
  const hostId = randomBytes(32).toString('base64');
  return {
    status,
    headers: { 'content-type': 'application/xml', 'x-amz-request-id': requestId, 'x-amz-id-2': hostId },
    body: xmlDocument([
      'Error',
      [
        ['Code', code],
        ['Message', message],
        ['RequestId', requestId],
        ['HostId', hostId],
      ],
    ]),
  };
}

function stepFunctionsRefusal(status: number, code: string, message: string): Refusal {
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': randomUUID() },
    body: JSON.stringify({ __type: code, message }),
  };
}
