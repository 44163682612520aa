/**
 * From Step Functions' status events to recorded states, with a dead-letter queue for the events
 * that fail.
 */
import { Duration } from 'aws-cdk-lib';
import type * as appsync from 'aws-cdk-lib/aws-appsync';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { FacadeFunction, type FunctionDefaults } from './facade-function.ts';
import { recordPermissions } from './permissions.ts';

/** The bundle of the function. */
export const STATUS_CHANGE_BUNDLE = 'events.statusChange';

/** EventBridge's default and maximum. */
const RULE_RETRIES = 185;

type StatusChangeProps = {
  readonly bucket: s3.Bucket;
  readonly api: appsync.GraphqlApi;
  readonly machineArnPrefix: string;
  readonly functionDefaults: FunctionDefaults;
};

/**
 * Records every status change of the facade's executions, then publishes it. Events that fail three
 * times go to the dead-letter queue unmodified.
 */
export class StatusChange extends Construct {
  readonly function: lambda.IFunction;
  readonly deadLetters: sqs.Queue;
  /** Goes off when the queue has a message. */
  readonly alarm: cloudwatch.Alarm;
  readonly rule: events.IRule;

  constructor(scope: Construct, id: string, props: StatusChangeProps) {
    super(scope, id);
    const { bucket, api, machineArnPrefix, functionDefaults } = props;
    this.deadLetters = new sqs.Queue(this, 'DeadLetters', {
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    this.alarm = this.#createAlarm();
    this.function = new FacadeFunction(this, 'Function', {
      defaults: functionDefaults,
      bundle: STATUS_CHANGE_BUNDLE,
      description: 'Records the status change of an execution and publishes it',
      timeout: Duration.seconds(30),
      permissions: recordPermissions(bucket, api),
      environment: { GRAPHQL_URL: api.graphqlUrl },
      // The queue receives the event itself, from the function as from the rule, so one command
      // can redrive both.
      deadLetterQueue: this.deadLetters,
      retryAttempts: 2,
      maxEventAge: Duration.hours(6),
    });
    this.rule = new events.Rule(this, 'Rule', {
      description: "Sends status changes of the facade's executions to the recorder",
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        // By prefix, not by today's machines: processes of a removed or renamed definition still
        // end.
        detail: { stateMachineArn: [{ prefix: machineArnPrefix }] },
      },
      targets: [
        new targets.LambdaFunction(this.function, {
          deadLetterQueue: this.deadLetters,
          retryAttempts: RULE_RETRIES,
          maxEventAge: Duration.hours(24),
        }),
      ],
    });
  }

  #createAlarm(): cloudwatch.Alarm {
    return this.deadLetters
      .metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(1), statistic: 'Maximum' })
      .createAlarm(this, 'DeadLettersAlarm', {
        alarmDescription: 'Status changes could not be recorded or published. Run: npm run redeliver',
        threshold: 1,
        evaluationPeriods: 1,
        treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      });
  }
}
