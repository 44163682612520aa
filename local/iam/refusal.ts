import type { AccessRequest, Statement } from './statement.ts';

/** The policies that a request is judged by. */
export type Policies = {
  identity: readonly Statement[];
  resource: readonly Statement[];
  /** Gets the statement of an identity that allows a request. */
  onAllowed?: (statement: Statement) => void;
};

/**
 * Why the policies refuse a request, in AWS's words; undefined where they allow it. A Deny in any
 * of them is final; else one Allow is enough, in either kind of policy, since role and resource are
 * of one account.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
export function refusalOf(
  request: AccessRequest,
  { identity, resource, onAllowed }: Policies,
): string | undefined {
  const has = (effect: Statement['effect'], statements: readonly Statement[]) =>
    statements.some((statement) => statement.effect === effect && statement.appliesTo(request));
  if (has('Deny', identity)) return 'with an explicit deny in an identity-based policy';
  if (has('Deny', resource)) return 'with an explicit deny in a resource-based policy';
  const allowing = identity.find(({ effect, appliesTo }) => effect === 'Allow' && appliesTo(request));
  if (allowing) onAllowed?.(allowing);
  if (allowing || has('Allow', resource)) return undefined;
  return `because no identity-based policy allows the ${request.action} action`;
}
