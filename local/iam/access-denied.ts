import type { Principal } from './credentials.ts';

/**
 * Returns AWS's message for a request that the policies deny. `reason` is the end of the message,
 * as `ExplainDenial` returns it; without it no policy allows the action.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
export function accessDeniedMessage(
  { roleArn, sessionName }: Principal,
  action: string,
  resource: string,
  reason = noPolicyAllows(action),
): string {
  const user = `${roleArn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/${sessionName}`;
  return `User: ${user} is not authorized to perform: ${action} on resource: ${resource} ${reason}`;
}

/** Returns the reason for an implicit denial, in AWS's words. */
export function noPolicyAllows(action: string): string {
  return `because no identity-based policy allows the ${action} action`;
}
