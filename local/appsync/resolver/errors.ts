import { StartError } from '../../common/errors.ts';

/**
 * Thrown when a field cannot be resolved. It becomes one item of `errors` in a response of status
 * 200, with `errorType`, `data` and `errorInfo` beside `message`; AppSync has no `extensions`.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/built-in-util-js.html
 */
export class FieldError extends Error {
  override readonly name = 'FieldError';
  readonly errorType: string | null;
  readonly data: unknown;
  readonly errorInfo: unknown;

  constructor(
    message: string,
    errorType: string | null = null,
    { data = null, errorInfo = null, cause }: { data?: unknown; errorInfo?: unknown; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.errorType = errorType;
    this.data = data;
    this.errorInfo = errorInfo;
  }
}

/**
 * Thrown when the value of a field does not match its type. `problem` returns the message for the
 * path of the field.
 */
export class FieldValueError extends Error {
  override readonly name = 'FieldValueError';
  readonly problem: (path: string) => string;

  constructor(problem: (path: string) => string) {
    super(problem('?'));
    this.problem = problem;
  }
}

/**
 * Thrown when a request has no valid credentials for the API: HTTP 401, or `connection_error` and
 * `error` frames.
 */
export class UnauthorizedError extends Error {
  override readonly name = 'UnauthorizedError';
  readonly errorType = 'UnauthorizedException';
}

/** Thrown when a request is not a valid GraphQL request: HTTP `status`. */
export class MalformedRequestError extends Error {
  override readonly name = 'MalformedRequestError';
  readonly status: 400 | 405 | 413;
  readonly errorType: 'MalformedHttpRequestException' | 'BadRequestException';

  constructor(
    message: string,
    {
      status = 400,
      errorType = 'MalformedHttpRequestException',
      cause,
    }: {
      status?: MalformedRequestError['status'];
      errorType?: MalformedRequestError['errorType'];
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause });
    this.status = status;
    this.errorType = errorType;
  }
}

/**
 * Thrown when the configuration of an API is not valid, or the local runtime cannot serve it as
 * AppSync would.
 */
export class AppSyncConfigurationError extends StartError {
  override readonly name = 'AppSyncConfigurationError';
}
