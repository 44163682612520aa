/**
 * The construct: a GraphQL facade over Step Functions, with the data of its processes in S3.
 */
import { Annotations, ArnFormat, Duration, Names, Stack } from 'aws-cdk-lib';
import type * as appsync from 'aws-cdk-lib/aws-appsync';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Definition } from '../core/definitions.ts';
import { type BundleEntry, type Bundles, bundle } from './bundle.ts';
import { problemsOfReads } from './check-reads.ts';
import { DataBucket } from './data-bucket.ts';
import { type DefinitionProps, readDefinition } from './definition.ts';
import { callerOf, definitionFolder } from './definition-folder.ts';
import { DefinitionMachine, stepBundle } from './definition-machine.ts';
import { InvalidDefinition } from './errors.ts';
import type { FunctionDefaults } from './facade-function.ts';
import { FacadeOutputs } from './facade-outputs.ts';
import { FieldFunctions } from './field-functions.ts';
import { FacadeApi, keyExpiry, Resolvers } from './graphql-api.ts';
import { Monitoring, type MonitoringProps } from './monitoring.ts';
import { ownBundle } from './own-bundles.ts';
import { OWN_FUNCTIONS } from './own-functions.ts';
import { START_DOWNSTREAM_BUNDLE, StartDownstream, startedDownstream } from './start-downstream.ts';
import { StatusChange } from './status-change.ts';
import { StepNetwork } from './step-network.ts';
import { StepProgress } from './step-progress.ts';
import { readsOfSteps } from './step-reads.ts';
import { Sweep } from './sweep.ts';

/** Properties of a {@link ProcessFacade}. */
export type ProcessFacadeProps = {
  /** The definitions that can be started, by name: up to 30 letters, digits and hyphens. */
  readonly definitions: Readonly<Record<string, DefinitionProps>>;
  /**
   * How long the data of a process is stored. It must exceed the 90 days for which Step Functions
   * remembers an execution name: otherwise an id could be reused after its data has expired.
   * @default Duration.days(180)
   */
  readonly dataRetention?: Duration;
  /**
   * Age after which reading a RUNNING process triggers DescribeExecution. At most one call per
   * process and interval.
   * @default Duration.seconds(30)
   */
  readonly repairAfter?: Duration;
  /**
   * Age after which the sweep checks a running process. The sweep runs every minute.
   * @default Duration.minutes(3)
   */
  readonly sweepAfter?: Duration;
  /**
   * How long the logs of the API, the functions and the machines are kept.
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: logs.RetentionDays;
  /**
   * Whether AppSync, the functions and the machines send X-Ray traces.
   * @default true
   */
  readonly tracing?: boolean;
  /**
   * The VPC of the steps, for example an {@link IsolatedVpc}. It must let them reach S3, and Lambda
   * if a step `starts` other processes: docs/operate.md. The facade's own functions stay outside.
   * @default - the steps are not in a VPC
   */
  // `Vpc` too: with exactOptionalPropertyTypes it is not an `IVpc`.
  readonly vpc?: ec2.IVpc | ec2.Vpc;
  /**
   * The KMS key that encrypts the data of processes.
   * @default - a key that S3 manages
   */
  readonly encryptionKey?: kms.IKey;
  /**
   * Alarms with an action, a CloudWatch dashboard, and metrics that the facade's functions write:
   * docs/operate.md says what they show and cost.
   * @default - one alarm without an action, on the dead-letter queue
   */
  readonly monitoring?: MonitoringProps;
};

const NAME_REMEMBERED_DAYS = 90;
const MAX_MACHINE_PREFIX = 48;

/**
 * A GraphQL API that starts processes and publishes their completion, with everything that it
 * needs: functions, state machines, bucket, rules, dead-letter queue and alarm.
 *
 * Throws `InvalidDefinition` for a definition that cannot be deployed.
 *
 * @example
 * new ProcessFacade(stack, 'Facade', {
 *   definitions: { order: { folder: '../steps/order', outputStep: 'ConfirmOrder' } },
 * });
 */
export class ProcessFacade extends Construct {
  /** The GraphQL API. */
  readonly api: appsync.GraphqlApi;
  /** The data of processes. It is retained when the facade is removed. */
  readonly bucket: s3.Bucket;
  /** The state machines by the names of their definitions. */
  readonly machines: Readonly<Record<string, sfn.StateMachine>>;
  /** Events that could not be recorded or published. */
  readonly deadLetters: sqs.Queue;
  /** The alarm on the dead-letter queue, then those of `monitoring`. */
  readonly alarms: readonly cloudwatch.Alarm[];
  readonly #steps: ReadonlyMap<string, DefinitionMachine['functions']>;

  constructor(scope: Construct, id: string, props: ProcessFacadeProps) {
    super(scope, id);
    const { dataRetention = Duration.days(180), logRetention = logs.RetentionDays.ONE_MONTH } = props;
    const { repairAfter = Duration.seconds(30), sweepAfter = Duration.minutes(3), tracing = true } = props;
    if (dataRetention.toDays() <= NAME_REMEMBERED_DAYS) {
      throw new RangeError(
        `Expected dataRetention to be over ${NAME_REMEMBERED_DAYS} days, got ${dataRetention.toDays()}`,
      );
    }
    const caller = callerOf(ProcessFacade);
    const read = Object.entries(props.definitions).map(([name, definition]) =>
      readDefinition(
        name,
        { ...definition, folder: definitionFolder(name, definition.folder, caller) },
        this,
      ),
    );
    const definitions = read.map(({ definition }) => definition);
    const started = startedDownstream(definitions);
    const name = Names.uniqueResourceName(this, { maxLength: MAX_MACHINE_PREFIX, separator: '-' });
    const machinePrefix = `${name}-`;
    const machineArnPrefix = Stack.of(this).formatArn({
      service: 'states',
      resource: 'stateMachine',
      resourceName: machinePrefix,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });

    const { encryptionKey } = props;
    const bucket = new DataBucket(this, 'Data', { retention: dataRetention, encryptionKey });
    const bundles = bundle(entriesOf(read, started.length > 0, Stack.of(this)));
    this.#checkReads(read, bundles);
    const functionDefaults: FunctionDefaults = {
      bundles,
      logRetention,
      tracing,
      encryptionKey,
      environment: {
        BUCKET_NAME: bucket.bucketName,
        MACHINE_ARN_PREFIX: machineArnPrefix,
        ...(props.monitoring && { METRICS_FACADE: name }),
      },
    };
    const keyExpires = keyExpiry(new Date());
    const api = new FacadeApi(this, 'Api', { keyExpires, logRetention, tracing });
    const shared = { bucket, api, machineArnPrefix, functionDefaults };

    const startDownstream =
      started.length > 0
        ? new StartDownstream(this, 'StartDownstream', { ...shared, definitions: started })
        : undefined;
    const network =
      props.vpc &&
      new StepNetwork(this, 'Network', {
        vpc: props.vpc as ec2.IVpc,
        startsDownstream: startDownstream !== undefined,
      });
    // Below a scope of their own, because a definition may have any name.
    const scopeOfDefinitions = new Construct(this, 'Definitions');
    const deployed = read.map(({ definition, steps }) => {
      const { name } = definition;
      const machineProps = {
        definition,
        steps,
        bucket,
        machineName: machinePrefix + name,
        machineArn: machineArnPrefix + name,
        startDownstream,
        network,
        functionDefaults,
      };
      return [name, new DefinitionMachine(scopeOfDefinitions, name, machineProps)] as const;
    });
    this.machines = Object.fromEntries(deployed.map(([name, { machine }]) => [name, machine]));
    this.#steps = new Map(deployed.map(([name, { functions }]) => [name, functions]));
    const { functions } = new FieldFunctions(this, 'Fields', {
      ...shared,
      definitions: definitions.map(({ name }) => name),
      repairAfter,
    });
    new Resolvers(this, 'Resolvers', { api, functions });
    const statusChange = new StatusChange(this, 'StatusChange', shared);
    const sweep = new Sweep(this, 'Sweep', { ...shared, sweepAfter, keyExpires });
    const stepProgress = new StepProgress(this, 'StepProgress', { bucket, api });
    const monitoring =
      props.monitoring &&
      new Monitoring(this, 'Monitoring', {
        name,
        apiId: api.apiId,
        machines: this.machines,
        steps: Object.fromEntries(
          deployed.flatMap(([definition, { functions: steps }]) =>
            [...steps].map(([step, fn]) => [`${definition}.${step}`, fn]),
          ),
        ),
        functions: { ...functions, statusChange: statusChange.function, sweep: sweep.function },
        statusChange: statusChange.function,
        sweep: sweep.function,
        rules: [statusChange.rule, stepProgress.rule],
        deadLetters: statusChange.deadLetters,
      });
    this.alarms = [statusChange.alarm, ...(monitoring?.alarms ?? [])];
    for (const alarm of this.alarms) alarm.addAlarmAction(...(props.monitoring?.alarmActions ?? []));

    this.api = api;
    this.bucket = bucket;
    this.deadLetters = statusChange.deadLetters;
    const { region } = Stack.of(this);
    new FacadeOutputs(this, 'Outputs', {
      values: {
        endpoint: api.graphqlUrl,
        realtimeEndpoint: api.realtimeUrl,
        region,
        apiKey: api.apiKey ?? '',
        apiKeyExpires: keyExpires.toISOString(),
        consoleUrl: `https://${region}.console.aws.amazon.com/appsync/home?region=${region}#/${api.apiId}/v1/queries`,
        deadLetterQueueUrl: statusChange.deadLetters.queueUrl,
        statusChangeFunction: statusChange.function.functionName,
        sweepFunction: sweep.function.functionName,
        machineArnPrefix,
        bucket: bucket.bucketName,
      },
    });
  }

  /**
   * Returns the function of a step, to grant it permissions. Throws `InvalidDefinition` for an
   * unknown name.
   *
   * @example
   * table.grantReadWriteData(facade.step('order', 'SaveOrder'));
   */
  step(definition: string, step: string): lambda.IFunction {
    const steps = this.#steps.get(definition);
    if (!steps)
      throw new InvalidDefinition(
        definition,
        `It does not exist. Expected one of ${[...this.#steps.keys()].join(', ')}`,
      );
    const fn = steps.get(step);
    if (!fn)
      throw new InvalidDefinition(
        definition,
        `Step [${step}] does not exist. Expected one of ${[...steps.keys()].join(', ')}`,
      );
    return fn;
  }

  #checkReads(read: ReturnType<typeof readDefinition>[], bundles: Bundles): void {
    const ofNode = read.flatMap(({ definition, steps }) =>
      steps
        .filter(({ props }) => !props.function)
        .map(({ name }) => ({ definition, name, bundle: stepBundle(definition.name, name) })),
    );
    const found = readsOfSteps(
      bundles.folder,
      ofNode.map(({ bundle }) => bundle),
    );
    for (const { definition, name, bundle } of ofNode) {
      const reads = found.get(bundle);
      if (!reads) continue;
      if ('problem' in reads) {
        const problem = `What step [${name}] of definition [${definition.name}] reads is not checked: ${reads.problem}`;
        Annotations.of(this).addInfoV2(`process-facade:unchecked:${bundle}`, problem);
        continue;
      }
      const [problem] = problemsOfReads(definition.machine, name, reads.reads);
      if (problem) throw new InvalidDefinition(definition.name, problem);
      // Running processes may have the documents of former steps.
      for (const problem of problemsOfReads(definition.machine, name, reads.readsIfWritten))
        Annotations.of(this).addWarningV2(
          `process-facade:reads:${bundle}`,
          `Definition [${definition.name}]: ${problem}`,
        );
    }
  }
}

function entriesOf(
  read: ReturnType<typeof readDefinition>[],
  startsDownstream: boolean,
  stack: Stack,
): Record<string, BundleEntry> {
  // Values of other constructs are in it as references, as in the template.
  const all = stack.resolve(read.map(({ definition }) => definition)) as Definition[];
  const entries: Record<string, BundleEntry> = {};
  for (const [name, { definitions }] of Object.entries(OWN_FUNCTIONS)) {
    if (name === START_DOWNSTREAM_BUNDLE && !startsDownstream) continue;
    entries[name] = { built: ownBundle(name), ...(definitions ? { definitions: all } : {}) };
  }
  for (const { definition, steps } of read) {
    for (const { name, file, props } of steps) {
      if (props.function) continue;
      const { bundling } = props;
      entries[stepBundle(definition.name, name)] = bundling ? { file, bundling } : { file };
    }
  }
  return entries;
}
