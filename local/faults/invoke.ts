import { randomUUID } from 'node:crypto';
import type { FunctionError, InvokeLambda } from '../common/invoke-lambda.ts';
import { lambdaErrors } from '../lambda/function-error.ts';
import type { Delays } from './delays.ts';
import type { Strike } from './dice.ts';

/**
 * Invocations that Lambda fails or throttles before the function runs, that wait, and whose result
 * is lost. The names are those that Step Functions gives to errors of Lambda.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html#bp-lambda-serviceexception
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors
 */
export function faultyInvoke(
  invoke: InvokeLambda,
  { strike, delays, slowMs }: { strike: Strike; delays: Delays; slowMs: number },
): InvokeLambda {
  return async (functionArn, payload, signal, requestId = randomUUID()) => {
    const failed = (error: FunctionError) => ({ ok: false as const, error });
    const slow = strike('slowLambda');
    if (slow) await delays.wait(slow * slowMs, signal);
    if (strike('failLambda')) return failed(serviceException(requestId));
    if (strike('throttleLambda')) return failed(tooManyRequests(requestId));
    const startedAt = performance.now();
    const result = await invoke(functionArn, payload, signal, requestId);
    if (!strike('lateLambda')) return result;
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
