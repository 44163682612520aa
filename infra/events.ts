/**
 * From the services' events to the subscribers: the rule on executions, the rule on documents, and
 * the queue for what fails.
 */
import { Duration, Stack } from 'aws-cdk-lib';
import type * as appsync from 'aws-cdk-lib/aws-appsync';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { SWEEP_CURSOR_KEY } from '../core/keys.ts';
import { fieldsOf } from './auth-directives.ts';
import { createFunction, type FunctionSettings } from './functions.ts';
import { SCHEMA } from './graphql-api.ts';
import { allowExecutions, allowObjects, allowPublish, recordRights } from './rights.ts';
import { actingFor } from './service-principal.ts';

/** The bundle of the sweep's function. */
export const SWEEP_BUNDLE = 'events.sweep';

/** The bundle of the function that records and pushes a status change. */
export const STATUS_CHANGE_BUNDLE = 'events.statusChange';

/**
 * Every status change of the facade's executions is recorded, then pushed; what fails three times
 * waits in the queue, whole.
 */
export function createStatusChange(
  scope: Construct,
  machineArnPrefix: string,
  bucket: s3.Bucket,
  api: appsync.GraphqlApi,
  settings: FunctionSettings,
): { handler: lambda.Function; deadLetters: sqs.Queue } {
  const deadLetters = new sqs.Queue(scope, 'DeadLetters', {
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  deadLetters
    .metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(1), statistic: 'Maximum' })
    .createAlarm(scope, 'DeadLettersAlarm', {
      alarmDescription: 'Status changes could not be recorded or pushed: npm run redeliver',
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
  const handler = createFunction(scope, 'StatusChange', STATUS_CHANGE_BUNDLE, settings, {
    description: 'Records the status change of an execution and pushes it',
    timeout: Duration.seconds(30),
    rights: recordRights(bucket, api),
    environment: { GRAPHQL_URL: api.graphqlUrl },
    // The queue gets the event itself, from the function as from the rule, so that one way puts
    // both through again.
    options: { deadLetterQueue: deadLetters, retryAttempts: 2, maxEventAge: Duration.hours(6) },
  });
  new events.Rule(scope, 'StatusChangeRule', {
    description: 'Executions of the facade: their status changes go to the recorder',
    eventPattern: {
      source: ['aws.states'],
      detailType: ['Step Functions Execution Status Change'],
      // Not today's machines by name: processes of a definition that was removed or renamed still
      // end.
      detail: { stateMachineArn: [{ prefix: machineArnPrefix }] },
    },
    targets: [
      new targets.LambdaFunction(handler, {
        deadLetterQueue: deadLetters,
        retryAttempts: 185,
        maxEventAge: Duration.hours(24),
      }),
    ],
  });
  return { handler, deadLetters };
}

/**
 * Every minute, the processes that have run for long without an event are looked after: see
 * events/sweep.ts.
 */
export function createSweep(
  scope: Construct,
  bucket: s3.Bucket,
  api: appsync.GraphqlApi,
  machineArnPrefix: string,
  sweepAfter: Duration,
  settings: FunctionSettings,
): lambda.Function {
  const handler = createFunction(scope, 'Sweep', SWEEP_BUNDLE, settings, {
    description: 'Looks after processes whose events did not come',
    // Shorter than the schedule, so that one sweep has ended when the next begins.
    timeout: Duration.seconds(55),
    rights: [
      ...recordRights(bucket, api),
      allowObjects(bucket, ['GetObject', 'PutObject'], [SWEEP_CURSOR_KEY]),
      allowExecutions(['DescribeExecution'], machineArnPrefix),
    ],
    environment: { GRAPHQL_URL: api.graphqlUrl, SWEEP_AFTER_SECONDS: String(sweepAfter.toSeconds()) },
    // The next sweep is the retry.
    options: { retryAttempts: 0 },
  });
  new events.Rule(scope, 'SweepRule', {
    description: 'The sweep over running processes',
    schedule: events.Schedule.rate(Duration.minutes(1)),
    targets: [new targets.LambdaFunction(handler, { retryAttempts: 0 })],
  });
  return handler;
}

/**
 * Every document that a step writes is pushed as progress, straight from the rule: it may be lost,
 * and so costs no function.
 */
export function createStepProgress(scope: Construct, bucket: s3.Bucket, api: appsync.GraphqlApi): void {
  const role = new iam.Role(scope, 'StepProgressRole', {
    // The rule names the role, so the role cannot name the rule.
    assumedBy: actingFor(
      scope,
      'events',
      Stack.of(scope).formatArn({ service: 'events', resource: 'rule', resourceName: '*' }),
    ),
  });
  role.addToPolicy(allowPublish(api, 'publishProcessStep'));
  new events.Rule(scope, 'StepProgressRule', {
    description: "Documents of the facade's steps: pushed to subscribers",
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
