import type { IsAllowed } from '../iam/iam.ts';
import type { InvokeLambda } from './lambda.ts';

/** By which Step Functions names what Lambda refuses to its role. */
export const NOT_AUTHORIZED = 'Lambda.AWSLambdaException';

/**
 * Invokes functions for a service, with the rights of the role that the service assumes. A refusal
 * is a failed invocation.
 */
export function invokeAs(roleArn: string, invoke: InvokeLambda, isAllowed: IsAllowed): InvokeLambda {
  return async (functionArn, ...rest) => {
    if (isAllowed(roleArn, 'lambda:InvokeFunction', functionArn)) return invoke(functionArn, ...rest);
    const errorMessage = `User: ${roleArn} is not authorized to perform: lambda:InvokeFunction on resource: ${functionArn} because no identity-based policy allows the lambda:InvokeFunction action (Service: AWSLambda; Status Code: 403; Error Code: AccessDeniedException)`;
    return { ok: false, error: { errorType: NOT_AUTHORIZED, errorMessage } };
  };
}
