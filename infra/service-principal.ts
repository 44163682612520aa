/**
 * Trust policies that let a service assume a role only for this account's own resource. They
 * prevent the "confused deputy" problem.
 *
 * AppSync: https://docs.aws.amazon.com/appsync/latest/devguide/attaching-a-data-source.html
 * EventBridge:
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/cross-service-confused-deputy-prevention.html
 * Step Functions:
 * https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
 */
import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

/**
 * Returns the service as a principal that acts for the resource. Its ARN may contain `*` for parts
 * that are not known yet.
 */
export function actingFor(
  scope: Construct,
  service: 'appsync' | 'events' | 'states',
  sourceArn: string,
): iam.ServicePrincipal {
  return new iam.ServicePrincipal(`${service}.amazonaws.com`, {
    conditions: {
      StringEquals: { 'aws:SourceAccount': Stack.of(scope).account },
      ArnLike: { 'aws:SourceArn': sourceArn },
    },
  });
}
