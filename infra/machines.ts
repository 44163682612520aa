/**
 * The state machine of each definition, and the functions of its steps.
 */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Definition } from '../core/definitions.ts';
import type { StepSource } from './definition.ts';
import { createFunction, type FunctionSettings } from './functions.ts';
import { allowInvoke, allowListing, allowObjects } from './rights.ts';
import { actingFor } from './service-principal.ts';

const STEP_TIMEOUT = Duration.seconds(60);

/** The name of a step's bundle. */
export function stepBundle(definition: string, step: string): string {
  return `${definition}.${step}`;
}

/**
 * The machine of the definition, with a function for each step that may write its own document and
 * read those of its process.
 */
export function createMachine(
  scope: Construct,
  definition: Definition,
  steps: readonly StepSource[],
  bucket: s3.Bucket,
  startDownstream: lambda.IFunction | undefined,
  machineName: string,
  machineArn: string,
  settings: FunctionSettings,
): sfn.StateMachine {
  const machine = new Construct(scope, definition.name);
  const functions = Object.fromEntries(
    steps.map((step) => [
      step.name,
      createStep(
        machine,
        definition.name,
        step,
        bucket,
        step.starts.length > 0 ? startDownstream : undefined,
        settings,
      ),
    ]),
  );
  const role = new iam.Role(machine, 'MachineRole', { assumedBy: actingFor(machine, 'states', machineArn) });
  for (const fn of Object.values(functions)) role.addToPolicy(allowInvoke(fn));
  return new sfn.StateMachine(machine, 'Machine', {
    role,
    stateMachineName: machineName,
    definitionBody: sfn.DefinitionBody.fromString(JSON.stringify(definition.machine)),
    definitionSubstitutions: Object.fromEntries(
      Object.entries(functions).map(([name, fn]) => [name, fn.functionArn]),
    ),
    tracingEnabled: settings.tracing,
    logs: {
      destination: new logs.LogGroup(machine, 'Logs', {
        retention: settings.logRetention,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
      level: sfn.LogLevel.ERROR,
    },
  });
}

function createStep(
  scope: Construct,
  definition: string,
  step: StepSource,
  bucket: s3.Bucket,
  startDownstream: lambda.IFunction | undefined,
  settings: FunctionSettings,
): lambda.Function {
  // core/keys.ts: of this definition's processes only.
  const folder = `processes/*/${definition}`;
  const rights: iam.PolicyStatement[] = [
    allowObjects(bucket, ['GetObject'], [`${folder}/input.json`, `${folder}/steps/*`]),
    allowObjects(
      bucket,
      ['PutObject'],
      [step.repeats ? `${folder}/steps/${step.name}/*` : `${folder}/steps/${step.name}.json`],
    ),
    allowListing(bucket),
    ...(startDownstream ? [allowInvoke(startDownstream)] : []),
  ];
  return createFunction(scope, step.name, stepBundle(definition, step.name), settings, {
    description: `Step ${step.name} of ${definition}`,
    timeout: STEP_TIMEOUT,
    rights,
    environment: {
      STEP_NAME: step.name,
      ...(step.loops ? { STEP_LOOPS: 'true' } : {}),
      ...(startDownstream ? { START_DOWNSTREAM_FUNCTION: startDownstream.functionName } : {}),
    },
  });
}
