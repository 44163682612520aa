import { randomUUID } from 'node:crypto';
import { lambdaErrors } from '../common/function-error.ts';
import type { FunctionError, InvokeLambda } from '../common/invoke-lambda.ts';
import type { Delays } from './delays.ts';
import type { ShouldFail } from './seeded-random.ts';

/**
 * Returns an `invoke` that Lambda fails or throttles before the function runs, that is delayed, or
 * whose result is lost. The error names are those of Step Functions for errors of Lambda.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors
 */
export function faultyInvoke(
  invoke: InvokeLambda,
  { shouldFail, delays, slowMs }: { shouldFail: ShouldFail; delays: Delays; slowMs: number },
): InvokeLambda {
  return async (functionArn, payload, signal, requestId = randomUUID()) => {
    const failed = (error: FunctionError) => ({ ok: false as const, error });
    const slow = shouldFail('slowLambda');
    if (slow) await delays.wait(slow * slowMs, signal);
    if (shouldFail('failLambda')) return failed(serviceException(requestId));
    if (shouldFail('throttleLambda')) return failed(tooManyRequests(requestId));
    const startedAt = performance.now();
    const result = await invoke(functionArn, payload, signal, requestId);
    if (!shouldFail('lateLambda')) return result;
    return failed(lambdaErrors.timedOut(requestId, (performance.now() - startedAt) / 1000));
  };
}

function serviceException(requestId: string): FunctionError {
  return {
    errorType: 'Lambda.ServiceException',
    errorMessage: `Internal service error. (Service: AWSLambda; Status Code: 500; Error Code: ServiceException; Request ID: ${requestId})`,
  };
}

function tooManyRequests(requestId: string): FunctionError {
  return {
    errorType: 'Lambda.TooManyRequestsException',
    errorMessage: `Rate Exceeded. (Service: AWSLambda; Status Code: 429; Error Code: TooManyRequestsException; Request ID: ${requestId})`,
  };
}
