/**
 * The construct: a GraphQL facade over Step Functions, with the data of its processes in S3.
 */
import { join } from 'node:path';
import { ArnFormat, Duration, Names, Stack } from 'aws-cdk-lib';
import type * as appsync from 'aws-cdk-lib/aws-appsync';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { OutputName } from '../core/output-names.ts';
import { createBucket } from './bucket.ts';
import { type BundleEntry, bundle } from './bundle.ts';
import { type DefinitionProps, readDefinition } from './definition.ts';
import { createStartDownstream, START_DOWNSTREAM_BUNDLE, startedDownstream } from './downstream.ts';
import {
  createStatusChange,
  createStepProgress,
  createSweep,
  STATUS_CHANGE_BUNDLE,
  SWEEP_BUNDLE,
} from './events.ts';
import { createFields, FIELDS } from './fields.ts';
import type { FunctionSettings } from './functions.ts';
import { createGraphqlApi, createResolvers, keyExpiry } from './graphql-api.ts';
import { createMachine, stepBundle } from './machines.ts';

/** What a facade is made of. */
export type ProcessFacadeProps = {
  /** What can be started, by name: up to 30 letters, digits and hyphens. */
  readonly definitions: Readonly<Record<string, DefinitionProps>>;
  /**
   * How long the data of a process is kept. Longer than the 90 days for which Step Functions
   * remembers a name, or an old id could be taken again while its data is gone.
   * @default Duration.days(180)
   */
  readonly dataRetention?: Duration;
  /**
   * How long a state may say RUNNING before a reader has Step Functions asked, at most once in this
   * time for a process.
   * @default Duration.seconds(30)
   */
  readonly repairAfter?: Duration;
  /**
   * How long a process may run before each sweep, every minute, looks after it.
   * @default Duration.minutes(3)
   */
  readonly sweepAfter?: Duration;
  /** @default RetentionDays.ONE_MONTH */
  readonly logRetention?: logs.RetentionDays;
  /**
   * X-Ray traces through AppSync, the functions and the machines.
   * @default true
   */
  readonly tracing?: boolean;
};

const NAME_REMEMBERED_DAYS = 90;
const MAX_MACHINE_PREFIX = 48;

/**
 * A GraphQL API that starts processes and pushes their completion; everything that it needs is
 * inside.
 *
 * Throws `InvalidDefinition` for a definition that cannot be deployed.
 *
 * @example
 * new ProcessFacade(stack, 'Facade', {
 *   definitions: { order: { folder: 'steps/order', outputStep: 'ConfirmOrder' } },
 * });
 */
export class ProcessFacade extends Construct {
  readonly api: appsync.GraphqlApi;
  readonly bucket: s3.Bucket;
  /** The state machines by the names of their definitions. */
  readonly machines: Readonly<Record<string, sfn.StateMachine>>;
  /** Events that could not be recorded or pushed. */
  readonly deadLetters: sqs.Queue;
  /** What clients and operators need, under the names of `outputs.json`. */
  readonly outputs: Readonly<
    Record<'endpoint' | 'realtimeEndpoint' | 'region' | 'apiKey' | 'apiKeyExpires' | 'consoleUrl', string>
  >;

  constructor(scope: Construct, id: string, props: ProcessFacadeProps) {
    super(scope, id);
    const { dataRetention = Duration.days(180), logRetention = logs.RetentionDays.ONE_MONTH } = props;
    const { repairAfter = Duration.seconds(30), sweepAfter = Duration.minutes(3), tracing = true } = props;
    if (dataRetention.toDays() <= NAME_REMEMBERED_DAYS) {
      throw new RangeError(
        `Expected dataRetention to be over ${NAME_REMEMBERED_DAYS} days, got ${dataRetention.toDays()}`,
      );
    }
    const read = Object.entries(props.definitions).map(([name, definition]) =>
      readDefinition(name, definition),
    );
    const definitions = read.map(({ definition }) => definition);
    const started = startedDownstream(definitions);
    const machinePrefix = `${Names.uniqueResourceName(this, { maxLength: MAX_MACHINE_PREFIX, separator: '-' })}-`;
    const machineArn = (name: string) =>
      Stack.of(this).formatArn({
        service: 'states',
        resource: 'stateMachine',
        resourceName: machinePrefix + name,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      });

    this.bucket = createBucket(this, dataRetention);
    const settings: FunctionSettings = {
      bundles: bundle(entriesOf(read, started.length > 0)),
      logRetention,
      tracing,
      environment: { BUCKET_NAME: this.bucket.bucketName, MACHINE_ARN_PREFIX: machineArn('') },
    };
    const startDownstream = createStartDownstream(this, started, this.bucket, machineArn, settings);
    this.machines = Object.fromEntries(
      read.map(({ definition, steps }) => [
        definition.name,
        createMachine(
          this,
          definition,
          steps,
          this.bucket,
          startDownstream,
          machinePrefix + definition.name,
          machineArn(definition.name),
          settings,
        ),
      ]),
    );
    const apiKeyExpires = keyExpiry(new Date());
    this.api = createGraphqlApi(this, apiKeyExpires, logRetention, tracing);
    const names = definitions.map(({ name }) => name);
    createResolvers(
      this,
      this.api,
      createFields(this, this.bucket, this.api, machineArn, names, repairAfter, settings),
    );
    const { handler: statusChange, deadLetters } = createStatusChange(
      this,
      machineArn(''),
      this.bucket,
      this.api,
      settings,
    );
    this.deadLetters = deadLetters;
    const sweep = createSweep(this, this.bucket, this.api, machineArn(''), sweepAfter, settings);
    createStepProgress(this, this.bucket, this.api);
    this.outputs = this.#createOutputs(statusChange, sweep, machineArn(''), apiKeyExpires);
  }

  #createOutputs(
    statusChange: lambda.IFunction,
    sweep: lambda.IFunction,
    machineArnPrefix: string,
    apiKeyExpires: Date,
  ): Record<OutputName, string> {
    const { region } = Stack.of(this);
    return {
      endpoint: this.api.graphqlUrl,
      realtimeEndpoint: (this.api.node.defaultChild as appsync.CfnGraphQLApi).attrRealtimeUrl,
      region,
      apiKey: this.api.apiKey ?? '',
      apiKeyExpires: apiKeyExpires.toISOString(),
      consoleUrl: `https://${region}.console.aws.amazon.com/appsync/home?region=${region}#/${this.api.apiId}/v1/queries`,
      deadLetterQueueUrl: this.deadLetters.queueUrl,
      statusChangeFunction: statusChange.functionName,
      sweepFunction: sweep.functionName,
      machineArnPrefix,
      bucket: this.bucket.bucketName,
    };
  }
}

function entriesOf(
  read: ReturnType<typeof readDefinition>[],
  startsDownstream: boolean,
): Record<string, BundleEntry> {
  const all = read.map(({ definition }) => definition);
  const source = (file: string) => join(import.meta.dirname, '..', file);
  const entries: Record<string, BundleEntry> = {
    [STATUS_CHANGE_BUNDLE]: { file: source('events/status-change.ts') },
    [SWEEP_BUNDLE]: { file: source('events/sweep.ts') },
  };
  if (startsDownstream) {
    entries[START_DOWNSTREAM_BUNDLE] = { file: source('api/start-downstream.ts'), definitions: all };
  }
  for (const [field, { definitions }] of Object.entries(FIELDS)) {
    entries[field] = { file: source(`api/${field}.ts`), ...(definitions ? { definitions: all } : {}) };
  }
  for (const { definition, steps } of read) {
    for (const { name, file } of steps) entries[stepBundle(definition.name, name)] = { file };
  }
  return entries;
}
