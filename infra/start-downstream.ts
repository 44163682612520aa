/**
 * The function through which steps start other processes. It exists only if a definition has
 * `starts`.
 */
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Definition } from '../core/definitions.ts';
import { InvalidDefinition } from './errors.ts';
import { FacadeFunction, FIELD_TIMEOUT, type FunctionDefaults } from './facade-function.ts';
import { startPermissions } from './permissions.ts';

/** The bundle of the function. */
export const START_DOWNSTREAM_BUNDLE = 'api.startDownstream';

/**
 * Returns the names of the definitions that steps start. Throws {@link InvalidDefinition} for a
 * step that starts an unknown definition.
 */
export function startedDownstream(definitions: readonly Definition[]): string[] {
  const names = definitions.map(({ name }) => name);
  const started = definitions.flatMap(({ name, starts }) =>
    Object.entries(starts).flatMap(([step, downstream]) => {
      const unknown = downstream.find((start) => !names.includes(start));
      if (unknown === undefined) return downstream;
      throw new InvalidDefinition(
        name,
        `Step [${step}] starts the unknown definition [${unknown}]. Defined: [${names.join(', ')}]`,
      );
    }),
  );
  return [...new Set(started)];
}

type StartDownstreamProps = {
  readonly bucket: s3.Bucket;
  readonly machineArnPrefix: string;
  /** The definitions that it may start. */
  readonly definitions: readonly string[];
  readonly functionDefaults: FunctionDefaults;
};

/** Starts processes for steps; it may start the given definitions only. */
export class StartDownstream extends FacadeFunction {
  constructor(scope: Construct, id: string, props: StartDownstreamProps) {
    const { bucket, machineArnPrefix, definitions, functionDefaults } = props;
    super(scope, id, {
      defaults: functionDefaults,
      bundle: START_DOWNSTREAM_BUNDLE,
      description: 'Starts processes for steps that start others',
      timeout: FIELD_TIMEOUT,
      permissions: startPermissions(
        bucket,
        definitions.map((name) => machineArnPrefix + name),
        definitions.map((name) => `processes/*/${name}/input.json`),
      ),
    });
  }
}
