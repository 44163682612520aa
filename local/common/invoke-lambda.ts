/**
 * The contract between Lambda and the services that invoke functions.
 */

/** The error of a failed invocation, in the shape of Lambda's error payload. */
export type FunctionError = { errorType: string; errorMessage: string; trace?: string[] };

/** A function's result, or why it has none. */
export type InvokeResult = { ok: true; payload: unknown } | { ok: false; error: FunctionError };

/**
 * Invokes a function and waits for its result. A failed function is a result, not a rejection.
 *
 * Rejects with the reason of `signal`, and with `LambdaClosedError` when the runtime closes. An
 * abort only stops the waiting: like Lambda, it does not stop a running function. `requestId`
 * repeats an invocation under its earlier id.
 */
export type InvokeLambda = (
  functionArn: string,
  payload: unknown,
  signal?: AbortSignal,
  requestId?: string,
) => Promise<InvokeResult>;

/** Step Functions' name for a function that does not exist, or no longer exists. */
export const FUNCTION_NOT_FOUND = 'Lambda.ResourceNotFoundException';

/** Step Functions' name for an invocation that its role is not allowed to make. */
export const NOT_AUTHORIZED = 'Lambda.AWSLambdaException';
