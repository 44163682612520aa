import { Duration, Stack } from 'aws-cdk-lib';
import type * as appsync from 'aws-cdk-lib/aws-appsync';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { fieldsOf } from './auth-directives.ts';
import { SCHEMA } from './graphql-api.ts';
import { allowPublish } from './permissions.ts';
import { actingFor } from './service-principal.ts';

type StepProgressProps = { readonly bucket: s3.Bucket; readonly api: appsync.GraphqlApi };

/**
 * Publishes every document that a step writes, directly from the rule. Progress may be lost, so it
 * needs no function.
 */
export class StepProgress extends Construct {
  readonly rule: events.IRule;

  constructor(scope: Construct, id: string, { bucket, api }: StepProgressProps) {
    super(scope, id);
    const role = new iam.Role(this, 'Role', {
      // The rule names the role, so the role cannot name the rule.
      assumedBy: actingFor(
        this,
        'events',
        Stack.of(this).formatArn({ service: 'events', resource: 'rule', resourceName: '*' }),
      ),
    });
    role.addToPolicy(allowPublish(api, 'publishProcessStep'));
    this.rule = new events.Rule(this, 'Rule', {
      description: "Publishes the documents of the facade's steps to subscribers",
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: {
          bucket: { name: [bucket.bucketName] },
          object: { key: [{ wildcard: 'processes/*/steps/*.json' }] },
        },
      },
      targets: [
        new targets.AppSync(api, {
          graphQLOperation: `mutation PublishProcessStep($key: String!, $bytes: Int!, $writtenAt: AWSDateTime!) {
  publishProcessStep(key: $key, bytes: $bytes, writtenAt: $writtenAt) { ${fieldsOf(SCHEMA, 'ProcessStep').join(' ')} }
}`,
          variables: events.RuleTargetInput.fromObject({
            key: events.EventField.fromPath('$.detail.object.key'),
            bytes: events.EventField.fromPath('$.detail.object.size'),
            writtenAt: events.EventField.fromPath('$.time'),
          }),
          eventRole: role,
          retryAttempts: 2,
          maxEventAge: Duration.minutes(5),
        }),
      ],
    });
  }
}
