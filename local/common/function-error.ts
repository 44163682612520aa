import { FUNCTION_NOT_FOUND, type FunctionError } from './invoke-lambda.ts';

/**
 * Thrown when the handler cannot be loaded or its result cannot be sent. `name` is Lambda's own
 * error type, which callers see as `errorType`.
 */
export class LambdaRuntimeError extends Error {
  override readonly name: string;

  constructor(name: `Runtime.${string}`, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = name;
  }
}

/**
 * Converts a thrown value as Lambda's Node.js runtime does: the type is the name of an Error, or
 * `typeof` any other value.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html
 */
export function functionError(thrown: unknown): Required<FunctionError> {
  if (thrown instanceof Error) {
    return { errorType: thrown.name, errorMessage: thrown.message, trace: (thrown.stack ?? '').split('\n') };
  }
  return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
}

/**
 * The errors that Lambda itself reports when the function cannot.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
 */
export const lambdaErrors = {
  timedOut: (requestId: string, timeoutSeconds: number): FunctionError => ({
    errorType: 'Sandbox.Timedout',
    errorMessage: `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`,
  }),
  exited: (requestId: string, exitCode: number): FunctionError => ({
    errorType: 'Runtime.ExitError',
    errorMessage:
      exitCode === 0
        ? `RequestId: ${requestId} Error: Runtime exited without providing a reason`
        : `RequestId: ${requestId} Error: Runtime exited with error: exit status ${exitCode}`,
  }),
  killed: (requestId: string, signal: NodeJS.Signals): FunctionError => ({
    errorType: 'Runtime.ExitError',
    errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: signal: ${SIGNAL_WORDS[signal] ?? signal}`,
  }),
  notStarted: (reason: Error): FunctionError => ({
    errorType: 'Lambda.ServiceException',
    errorMessage: `The local runtime could not start a process for the function: ${reason.message}`,
  }),
  outOfMemory: (requestId: string): FunctionError => ({
    errorType: 'Runtime.OutOfMemory',
    errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: signal: killed`,
  }),
  requestTooLarge: (): FunctionError => ({
    errorType: 'RequestEntityTooLargeException',
    errorMessage: `Request must be smaller than ${MAX_REQUEST_BYTES} bytes for the InvokeFunction operation`,
  }),
  responseTooLarge: (): FunctionError => ({
    errorType: 'Function.ResponseSizeTooLarge',
    errorMessage: `Response payload size exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`,
  }),
  notStringified: (): FunctionError => ({
    errorType: 'Runtime.JSONStringifyError',
    errorMessage: 'Unable to stringify response body',
  }),
  notServed: (functionArn: string, reason: string): FunctionError => ({
    errorType: 'NotServedLocally',
    errorMessage: `The local runtime does not serve ${functionArn}: ${reason}`,
  }),
  notFound: (functionArn: string): FunctionError => ({
    errorType: FUNCTION_NOT_FOUND,
    errorMessage: `Function not found: ${functionArn} (Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException)`,
  }),
};

/** Lambda, which is written in Go, names signals so: https://pkg.go.dev/syscall#Signal.String */
const SIGNAL_WORDS: NodeJS.Dict<string> = {
  SIGABRT: 'aborted',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGHUP: 'hangup',
  SIGILL: 'illegal instruction',
  SIGINT: 'interrupt',
  SIGKILL: 'killed',
  SIGPIPE: 'broken pipe',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
  SIGTRAP: 'trace/breakpoint trap',
};

/**
 * @see
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html#function-configuration-deployment-and-execution
 */
export const MAX_REQUEST_BYTES = 6_291_456;

/** A hundred bytes more than for a request, as in Lambda's own message. */
export const MAX_RESPONSE_BYTES = 6_291_556;
