/**
 * What a team sets for the functions of its steps.
 */
import type { Duration } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { BuildOptions } from 'esbuild';
import { InvalidDefinition } from './errors.ts';

/** Settings of esbuild for the bundle of a step. */
export type StepBundling = {
  /**
   * Modules that are not bundled, because the runtime or a layer has them.
   * @default - everything is bundled
   */
  readonly externalModules?: readonly string[];
  /**
   * Replacements for global names, such as `{ 'process.env.STAGE': '"test"' }`.
   * @default - none
   */
  readonly define?: Readonly<Record<string, string>>;
  /**
   * How files are imported, by extension: `{ '.sql': 'text' }`.
   * @default - as esbuild does
   */
  readonly loader?: Readonly<NonNullable<BuildOptions['loader']>>;
};

/** The function of a step. */
export type StepProps = {
  /**
   * In MB. A document has at most an eighth of it.
   * @default 512
   */
  readonly memorySize?: number;
  /**
   * An invocation that takes longer fails with `Sandbox.Timedout`. Lambda allows 15 minutes.
   * @default Duration.seconds(60)
   */
  readonly timeout?: Duration;
  /**
   * Environment variables, besides those that the facade sets.
   * @default - none
   */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * Of the processor.
   * @default Architecture.ARM_64
   */
  readonly architecture?: lambda.Architecture;
  /**
   * Lambda layers, for what cannot be bundled.
   * @default - none
   */
  readonly layers?: readonly lambda.ILayerVersion[];
  /**
   * What esbuild does differently for this step.
   * @default - as all steps
   */
  readonly bundling?: StepBundling;
  /**
   * A function that the team brings, in any language, instead of a `<StepName>.ts`. It follows
   * docs/data-contract.md, and gets the permissions of a step. The team sets everything else on it.
   * @default - the function is made from `<StepName>.ts`
   */
  readonly function?: lambda.IFunction;
};

/** Throws {@link InvalidDefinition} for settings of an unknown step, or that contradict. */
export function checkStepProps(
  definition: string,
  steps: readonly string[],
  props: Readonly<Record<string, StepProps>>,
  starters: readonly string[],
): void {
  for (const [step, { function: brought, ...settings }] of Object.entries(props)) {
    const reject = (problem: string) => {
      throw new InvalidDefinition(definition, `steps [${step}]: ${problem}`);
    };
    if (!steps.includes(step)) reject(`Expected the name of a step: ${steps.join(', ')}`);
    if (!brought) continue;
    const others = Object.keys(settings);
    if (others.length > 0)
      reject(`Expected \`function\` alone, got ${others.join(', ')} too: set them on the function`);
    if (starters.includes(step))
      reject('A function that the team brings cannot start processes: remove it from `starts`');
    if (!brought.role)
      reject(
        'The role of its function is unknown: import it by Function.fromFunctionAttributes, with its role',
      );
  }
}
