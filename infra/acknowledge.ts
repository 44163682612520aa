/**
 * Findings of cdk-nag's AwsSolutions rules that the facade leaves open, each with its reason. They
 * are recorded in the construct tree, so apps without cdk-nag need nothing.
 */
import { Aspects, Stack, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/** Records why a rule does not apply to a construct and to what lies below it. */
export function acknowledge(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: `AwsSolutions-${rule}`, reason });
}

/** A statement whose resources contain wildcards, and the reason for them. */
export class WildcardStatement extends iam.PolicyStatement {
  readonly reason: string;

  constructor({ reason, ...props }: iam.PolicyStatementProps & { reason: string }) {
    super(props);
    this.reason = reason;
  }
}

/**
 * Acknowledges the wildcards of these statements on a construct, and no others: permissions that a
 * team adds to the same role are still reported.
 */
export function acknowledgeWildcards(
  construct: IConstruct,
  statements: readonly iam.PolicyStatement[],
): void {
  const wildcards = statements.filter((statement) => statement instanceof WildcardStatement);
  if (wildcards.length === 0) return;
  // When the tree is complete, because the rule's id contains logical ids, which a team may change.
  Aspects.of(construct).add({
    visit(node) {
      if (node !== construct) return;
      for (const { resources, reason } of wildcards) {
        for (const resource of resources.map((each) => flat(Stack.of(node).resolve(each)))) {
          if (resource.includes('*')) acknowledge(node, `IAM5[Resource::${resource}]`, reason);
        }
      }
    },
  });
}

/** Returns a resource as cdk-nag's rule IAM5 writes it: `<LogicalId.Arn>/processes/*`. */
function flat(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = resource as Record<string, unknown>;
  if (typeof Ref === 'string') return `<${Ref}>`;
  if (Array.isArray(attribute)) return `<${attribute.join('.')}>`;
  if (Array.isArray(join)) return (join[1] as unknown[]).map(flat).join(String(join[0]));
  return JSON.stringify(resource);
}
