/**
 * The roles of functions and machines.
 */
import * as iam from 'aws-cdk-lib/aws-iam';
import { type Construct, Dependable } from 'constructs';
import { acknowledgeWildcards } from './acknowledge.ts';

type ServiceRoleProps = {
  readonly assumedBy: iam.IPrincipal;
  /** Everything that the facade itself permits. */
  readonly permissions: readonly iam.PolicyStatement[];
};

/**
 * A role that contains the facade's permissions. What a team grants to it is a policy of its own,
 * so that findings on the two are separate.
 */
export class ServiceRole extends iam.Role {
  constructor(scope: Construct, id: string, { assumedBy, permissions }: ServiceRoleProps) {
    const own = new iam.PolicyDocument({ statements: [...permissions] });
    super(scope, id, { assumedBy, inlinePolicies: { Own: own } });
    const resource = this.node.defaultChild as iam.CfnRole;
    acknowledgeWildcards(resource, permissions);
    // Functions and machines depend on their role, and refer to it: the dependency is needed for
    // the policy of the team only (cfn-lint W3005).
    const { children } = this.node;
    Dependable.implement(this, {
      get dependencyRoots() {
        return children.filter((child) => child !== resource);
      },
    });
  }
}
