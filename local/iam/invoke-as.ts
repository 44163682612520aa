import { type InvokeLambda, NOT_AUTHORIZED } from '../common/invoke-lambda.ts';
import { noPolicyAllows } from './access-denied.ts';
import type { IsAllowed } from './iam.ts';

/**
 * Returns `invoke` with the permissions of the role that a service assumes. A denied invocation is
 * a failed one.
 */
export function invokeAs(roleArn: string, invoke: InvokeLambda, isAllowed: IsAllowed): InvokeLambda {
  const action = 'lambda:InvokeFunction';
  return async (functionArn, ...rest) => {
    if (isAllowed(roleArn, action, functionArn)) return invoke(functionArn, ...rest);
    const errorMessage = `User: ${roleArn} is not authorized to perform: ${action} on resource: ${functionArn} ${noPolicyAllows(action)} (Service: AWSLambda; Status Code: 403; Error Code: AccessDeniedException)`;
    return { ok: false, error: { errorType: NOT_AUTHORIZED, errorMessage } };
  };
}
