/**
 * The construct: a GraphQL facade over Step Functions, with the data of its processes in S3.
 */
import { join } from 'node:path';
import { ArnFormat, Duration, Names, Stack } from 'aws-cdk-lib';
import type * as appsync from 'aws-cdk-lib/aws-appsync';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Definition } from '../data/definitions.ts';
import { allowListing, allowObjects, createBucket } from './bucket.ts';
import { type BundleEntry, bundle } from './bundle.ts';
import { type DefinitionProps, readDefinition } from './definition.ts';
import { InvalidDefinition } from './errors.ts';
import { createStatusChange, createStepProgress, STATUS_CHANGE_BUNDLE } from './events.ts';
import { createFunction, FIELD_TIMEOUT, type FunctionSettings } from './functions.ts';
import { createGraphqlApi, createResolvers } from './graphql-api.ts';
import { createMachine, stepBundle } from './machines.ts';
import { startRights } from './rights.ts';

/** What a facade is made of. */
export type ProcessFacadeProps = {
  /** What can be started, by name: up to 30 letters, digits and hyphens. */
  readonly definitions: Readonly<Record<string, DefinitionProps>>;
  /**
   * How long the data of a process is kept. Longer than the 90 days for which Step Functions remembers a name, or an old id could
   * be taken again while its data is gone.
   * @default Duration.days(180)
   */
  readonly dataRetention?: Duration;
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
 * A GraphQL API that starts processes and pushes their completion; everything that it needs is inside.
 *
 * Throws {@link InvalidDefinition} for a definition that cannot be deployed.
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
  /** What a client needs, under the names of `outputs.json`. */
  readonly outputs: Readonly<
    Record<'endpoint' | 'realtimeEndpoint' | 'region' | 'apiKey' | 'consoleUrl', string>
  >;

  constructor(scope: Construct, id: string, props: ProcessFacadeProps) {
    super(scope, id);
    const {
      dataRetention = Duration.days(180),
      logRetention = logs.RetentionDays.ONE_MONTH,
      tracing = true,
    } = props;
    if (dataRetention.toDays() <= NAME_REMEMBERED_DAYS) {
      throw new RangeError(
        `Expected dataRetention to be over ${NAME_REMEMBERED_DAYS} days, got ${dataRetention.toDays()}`,
      );
    }
    const read = Object.entries(props.definitions).map(([name, definition]) =>
      readDefinition(name, definition),
    );
    const definitions = read.map(({ definition }) => definition);
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
      bundles: bundle(entriesOf(read)),
      logRetention,
      tracing,
      environment: { BUCKET_NAME: this.bucket.bucketName, MACHINE_ARN_PREFIX: machineArn('') },
    };
    this.machines = Object.fromEntries(
      read.map(({ definition, steps }) => [
        definition.name,
        createMachine(
          this,
          definition,
          steps,
          this.bucket,
          machineArn,
          machinePrefix + definition.name,
          settings,
        ),
      ]),
    );
    this.api = createGraphqlApi(this, logRetention, tracing);
    createResolvers(
      this,
      this.api,
      this.#createFields(
        definitions.map(({ name }) => machineArn(name)),
        settings,
      ),
    );
    const { deadLetters } = createStatusChange(
      this,
      Object.values(this.machines),
      this.bucket,
      this.api,
      settings,
    );
    this.deadLetters = deadLetters;
    createStepProgress(this, this.bucket, this.api);
    this.outputs = this.#createOutputs();
  }

  #createFields(machineArns: string[], settings: FunctionSettings) {
    const { bucket } = this;
    const create = (name: string, rights: Parameters<typeof createFunction>[4]['rights']) =>
      createFunction(this, name.replace('.', ''), name, settings, {
        description: name,
        timeout: FIELD_TIMEOUT,
        rights,
      });
    const readState = [allowObjects(bucket, ['GetObject'], ['processes/*/state.json']), allowListing(bucket)];
    return {
      'Query.processState': create('Query.processState', readState),
      'Query.processData': create('Query.processData', [
        ...readState,
        allowObjects(bucket, ['GetObject'], ['processes/*/input.json', 'processes/*/steps/*']),
      ]),
      'Query.processDefinitions': create('Query.processDefinitions', []),
      'Mutation.startProcess': create('Mutation.startProcess', startRights(bucket, machineArns)),
    };
  }

  #createOutputs() {
    const { region } = Stack.of(this);
    return {
      endpoint: this.api.graphqlUrl,
      realtimeEndpoint: (this.api.node.defaultChild as appsync.CfnGraphQLApi).attrRealtimeUrl,
      region,
      apiKey: this.api.apiKey ?? '',
      consoleUrl: `https://${region}.console.aws.amazon.com/appsync/home?region=${region}#/${this.api.apiId}/v1/queries`,
    };
  }
}

function entriesOf(read: ReturnType<typeof readDefinition>[]): Record<string, BundleEntry> {
  const all = read.map(({ definition }) => definition);
  const source = (file: string) => join(import.meta.dirname, '..', file);
  const entries: Record<string, BundleEntry> = {
    'Query.processState': { file: source('api/Query.processState.ts') },
    'Query.processData': { file: source('api/Query.processData.ts'), definitions: all },
    'Query.processDefinitions': { file: source('api/Query.processDefinitions.ts'), definitions: all },
    'Mutation.startProcess': { file: source('api/Mutation.startProcess.ts'), definitions: all },
    [STATUS_CHANGE_BUNDLE]: { file: source('events/statusChange.ts') },
  };
  for (const { definition, steps } of read) {
    for (const { name, file, starts } of steps) {
      const downstream = starts.map((start) => findDefinition(all, definition.name, name, start));
      entries[stepBundle(definition.name, name)] = {
        file,
        ...(downstream.length > 0 ? { definitions: downstream } : {}),
      };
    }
  }
  return entries;
}

function findDefinition(all: Definition[], definition: string, step: string, start: string): Definition {
  const found = all.find(({ name }) => name === start);
  if (!found)
    throw new InvalidDefinition(
      definition,
      `its step [${step}] starts [${start}], which is none of the definitions`,
    );
  return found;
}
