import { Duration } from 'aws-cdk-lib';
import type * as appsync from 'aws-cdk-lib/aws-appsync';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { SWEEP_CURSOR_KEY } from '../core/keys.ts';
import { FacadeFunction, type FunctionDefaults } from './facade-function.ts';
import { allowExecutions, allowObjects, recordPermissions } from './permissions.ts';

/** The bundle of the function. */
export const SWEEP_BUNDLE = 'events.sweep';

type SweepProps = {
  readonly bucket: s3.Bucket;
  readonly api: appsync.GraphqlApi;
  readonly machineArnPrefix: string;
  readonly sweepAfter: Duration;
  readonly keyExpires: Date;
  readonly functionDefaults: FunctionDefaults;
};

/**
 * Checks, every minute, the processes that have run longer than `sweepAfter` without an event: see
 * events/sweep.ts.
 */
export class Sweep extends Construct {
  readonly function: lambda.IFunction;

  constructor(scope: Construct, id: string, props: SweepProps) {
    super(scope, id);
    const { bucket, api, machineArnPrefix, sweepAfter, keyExpires, functionDefaults } = props;
    this.function = new FacadeFunction(this, 'Function', {
      defaults: functionDefaults,
      bundle: SWEEP_BUNDLE,
      description: 'Repairs the states of processes whose events were lost',
      // Shorter than the schedule, so that a sweep has ended when the next one begins.
      timeout: Duration.seconds(55),
      permissions: [
        ...recordPermissions(bucket, api),
        allowObjects(bucket, ['GetObject', 'PutObject'], [SWEEP_CURSOR_KEY]),
        allowExecutions(['DescribeExecution'], machineArnPrefix),
      ],
      environment: {
        GRAPHQL_URL: api.graphqlUrl,
        SWEEP_AFTER_SECONDS: String(sweepAfter.toSeconds()),
        API_KEY_EXPIRES: keyExpires.toISOString(),
      },
      // The next sweep is the retry.
      retryAttempts: 0,
    });
    new events.Rule(this, 'Schedule', {
      description: 'Runs the sweep over running processes',
      schedule: events.Schedule.rate(Duration.minutes(1)),
      targets: [new targets.LambdaFunction(this.function, { retryAttempts: 0 })],
    });
  }
}
