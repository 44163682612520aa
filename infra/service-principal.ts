/**
 * Who may assume a role: a service, on behalf of this account's own resource and no other (the
 * "confused deputy").
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

/** The service, acting for the resource; `*` in its ARN stands for what is not known yet. */
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
