import { randomBytes, randomUUID } from 'node:crypto';
import { xmlDocument } from '../common/xml.ts';

/** A service's response that is sent without handling the request. */
export type Rejection = { status: number; headers: Record<string, string>; body: string };

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList */
export const s3Rejections = {
  internalError: () =>
    s3Rejection(500, 'InternalError', 'We encountered an internal error. Please try again.'),
  slowDown: () => s3Rejection(503, 'SlowDown', 'Please reduce your request rate.'),
};

/** @see https://docs.aws.amazon.com/step-functions/latest/apireference/CommonErrors.html */
export const stepFunctionsRejections = {
  internalFailure: () =>
    stepFunctionsRejection(
      500,
      'InternalFailure',
      'The request processing has failed because of an unknown error, exception or failure.',
    ),
  throttling: () => stepFunctionsRejection(400, 'ThrottlingException', 'Rate exceeded'),
};

/** AppSync's own errors, and one of a gateway that cannot reach it. */
export const graphqlRejections = {
  internalFailure: () => graphqlRejection(500, 'InternalFailureException', 'An internal failure occurred.'),
  unauthorized: () =>
    graphqlRejection(401, 'UnauthorizedException', 'You are not authorized to make this call.'),
  unavailable: (): Rejection => ({
    status: 503,
    headers: { 'content-type': 'text/html', ...ANY_PAGE },
    body: '<html><body>Service Unavailable</body></html>',
  }),
};

/** Without it a page's script could not see the status. */
const ANY_PAGE = { 'access-control-allow-origin': '*' };

function graphqlRejection(status: number, errorType: string, message: string): Rejection {
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

function s3Rejection(status: number, code: string, message: string): Rejection {
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

function stepFunctionsRejection(status: number, code: string, message: string): Rejection {
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': randomUUID() },
    body: JSON.stringify({ __type: code, message }),
  };
}
