/**
 * The function by which steps start other processes. It exists where a definition has `starts`.
 */
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Definition } from '../core/definitions.ts';
import { InvalidDefinition } from './errors.ts';
import { createFunction, FIELD_TIMEOUT, type FunctionSettings } from './functions.ts';
import { startRights } from './rights.ts';

/** The bundle of the function. */
export const START_DOWNSTREAM_BUNDLE = 'api.startDownstream';

/**
 * The names of the definitions that steps start. Throws {@link InvalidDefinition} for a step that
 * starts what is not among the definitions.
 */
export function startedDownstream(definitions: readonly Definition[]): string[] {
  const names = definitions.map(({ name }) => name);
  const started = definitions.flatMap(({ name, starts }) =>
    Object.entries(starts).flatMap(([step, downstream]) => {
      const unknown = downstream.find((start) => !names.includes(start));
      if (unknown === undefined) return downstream;
      throw new InvalidDefinition(
        name,
        `its step [${step}] starts [${unknown}], which is none of the definitions`,
      );
    }),
  );
  return [...new Set(started)];
}

/**
 * The function, with the right to start what steps start; undefined where no step starts anything.
 */
export function createStartDownstream(
  scope: Construct,
  started: readonly string[],
  bucket: s3.Bucket,
  machineArn: (definition: string) => string,
  settings: FunctionSettings,
): lambda.Function | undefined {
  if (started.length === 0) return undefined;
  const inputKeys = started.map((name) => `processes/*/${name}/input.json`);
  return createFunction(scope, 'StartDownstream', START_DOWNSTREAM_BUNDLE, settings, {
    description: 'Starts processes for steps that start others',
    timeout: FIELD_TIMEOUT,
    rights: startRights(bucket, started.map(machineArn), inputKeys),
  });
}
