import type { Principal } from './credentials.ts';

/**
 * AWS's message for a request that the policies refuse; `why` is what explains the refusal.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
export function notAuthorizedMessage(
  { roleArn, sessionName }: Principal,
  action: string,
  resource: string,
  why: string,
): string {
  const user = `${roleArn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/${sessionName}`;
  return `User: ${user} is not authorized to perform: ${action} on resource: ${resource} ${why}`;
}
