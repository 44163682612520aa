import { noPolicyAllows } from './access-denied.ts';
import type { AccessRequest, Statement } from './statement.ts';

/** The policies that apply to a request. */
export type Policies = {
  identity: readonly Statement[];
  resource: readonly Statement[];
  /** Receives the identity-based statement that allows a request. */
  onAllowed?: (statement: Statement) => void;
};

/**
 * Returns why the policies deny a request, in AWS's words; undefined if they allow it. A Deny in
 * any policy is final. Otherwise one Allow in either kind of policy is enough, because role and
 * resource belong to the same account.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
export function denialOf(
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
  return noPolicyAllows(request.action);
}
