/**
 * The state machine of a definition, and the functions of its steps.
 */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Definition } from '../core/definitions.ts';
import { acknowledge, acknowledgeWildcards } from './acknowledge.ts';
import type { StepSource } from './definition.ts';
import { BUCKET, deployedMachine } from './deployed-machine.ts';
import { FacadeFunction, type FunctionDefaults } from './facade-function.ts';
import {
  allowInvoke,
  allowListing,
  allowLogDelivery,
  allowObjects,
  allowTraces,
  keyPermissions,
} from './permissions.ts';
import { actingFor } from './service-principal.ts';
import { ServiceRole } from './service-role.ts';
import type { StepNetwork } from './step-network.ts';

const STEP_TIMEOUT = Duration.seconds(60);

/** Returns the name of a step's bundle. */
export function stepBundle(definition: string, step: string): string {
  return `${definition}.${step}`;
}

type DefinitionMachineProps = {
  readonly definition: Definition;
  readonly steps: readonly StepSource[];
  readonly bucket: s3.Bucket;
  readonly machineName: string;
  readonly machineArn: string;
  /** The function that starts other processes for the steps that do. */
  readonly startDownstream: lambda.IFunction | undefined;
  /** Where the steps run; outside of any VPC if undefined. */
  readonly network: StepNetwork | undefined;
  readonly functionDefaults: FunctionDefaults;
};

/**
 * A definition as it is deployed. The function of a step may write its own documents and read those
 * of its process.
 */
export class DefinitionMachine extends Construct {
  readonly machine: sfn.StateMachine;
  /** The functions of the steps, by step name. */
  readonly functions: ReadonlyMap<string, lambda.IFunction>;

  constructor(scope: Construct, id: string, props: DefinitionMachineProps) {
    super(scope, id);
    const { definition, machineName, machineArn, functionDefaults } = props;
    // Below a scope of their own, because a step may have any name.
    const steps = new Construct(this, 'Steps');
    const functions = props.steps.map((step) => {
      const stepScope = new Construct(steps, step.name);
      return [step.name, createStep(stepScope, step, props)] as const;
    });
    this.functions = new Map(functions);
    const logGroup = new logs.LogGroup(this, 'Logs', {
      // CloudWatch limits the size of the policy that other names need.
      logGroupName: `/aws/vendedlogs/states/${machineName}`,
      retention: functionDefaults.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const starters = props.steps.filter(({ starts }) => starts.length > 0).map(({ name }) => name);
    const machine = deployedMachine(definition.machine, new Set(starters));
    this.machine = new sfn.StateMachine(this, 'Machine', {
      role: new ServiceRole(this, 'MachineRole', {
        assumedBy: actingFor(this, 'states', machineArn),
        permissions: [
          ...functions.map(([, fn]) => allowInvoke(fn)),
          allowLogDelivery(),
          ...(functionDefaults.tracing ? [allowTraces('GetSamplingRules', 'GetSamplingTargets')] : []),
        ],
      }),
      stateMachineName: machineName,
      definitionBody: sfn.DefinitionBody.fromString(Stack.of(this).toJsonString(machine)),
      definitionSubstitutions: {
        [BUCKET]: props.bucket.bucketName,
        ...Object.fromEntries(functions.map(([name, fn]) => [name, fn.functionArn])),
      },
    });
    // Set on the resource: the props would add their permissions to the policy of the team.
    const resource = this.machine.node.defaultChild as sfn.CfnStateMachine;
    resource.tracingConfiguration = { enabled: functionDefaults.tracing };
    resource.loggingConfiguration = {
      destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: logGroup.logGroupArn } }],
      level: sfn.LogLevel.ERROR,
    };
    acknowledge(
      this.machine,
      'SF1',
      'Errors are logged. Step Functions keeps the history of every execution for 90 days.',
    );
  }
}

function createStep(scope: Construct, step: StepSource, props: DefinitionMachineProps): lambda.IFunction {
  const { bucket, network, functionDefaults } = props;
  const definition = props.definition.name;
  const startDownstream = step.starts.length > 0 ? props.startDownstream : undefined;
  // core/keys.ts: of this definition's processes only.
  const folder = `processes/*/${definition}`;
  // Both forms, so that a step can be moved into a Map or a loop while processes run.
  const written = [`${folder}/steps/${step.name}.json`, `${folder}/steps/${step.name}/*`];
  const permissions = [
    allowObjects(bucket, ['GetObject'], [`${folder}/input.json`, `${folder}/steps/*`]),
    allowObjects(bucket, ['PutObject'], written),
    allowListing(bucket),
  ];
  const { function: brought, environment, layers = [], bundling: _, ...settings } = step.props;
  if (brought) {
    const { encryptionKey } = functionDefaults;
    const forData = encryptionKey ? keyPermissions(encryptionKey, permissions) : [];
    allowBrought(scope, brought, [...permissions, ...forData]);
    return brought;
  }
  return new FacadeFunction(scope, 'Function', {
    defaults: functionDefaults,
    bundle: stepBundle(definition, step.name),
    description: `Step ${step.name} of ${definition}`,
    timeout: STEP_TIMEOUT,
    ...settings,
    layers: [...layers],
    ...(network && { vpc: network.vpc, securityGroups: [network.securityGroup] }),
    permissions: [...permissions, ...(startDownstream ? [allowInvoke(startDownstream)] : [])],
    environment: {
      ...environment,
      ...(startDownstream && { START_DOWNSTREAM_FUNCTION: startDownstream.functionName }),
    },
  });
}

/** Gives the role of a function that the team brings the permissions of a step. */
function allowBrought(
  scope: Construct,
  fn: lambda.IFunction,
  statements: readonly iam.PolicyStatement[],
): void {
  // In the stack of the facade, because the facade depends on the function.
  const policy = new iam.Policy(scope, 'Policy', { statements: [...statements] });
  if (fn.role) policy.attachToRole(fn.role);
  acknowledgeWildcards(policy.node.defaultChild as iam.CfnPolicy, statements);
}
