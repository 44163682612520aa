/** What the compiler knows of a step: its output, and the documents that it reads. */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Context } from 'aws-lambda';
import type { Route } from '../documents.ts';

/** Key of a property that no handler has: it only carries types. */
declare const TYPES: unique symbol;

/** The Lambda handler of a step. */
export type StepHandler<Output = unknown, Read = unknown> = {
  (event: unknown, lambda: Context): Promise<Route>;
  readonly [TYPES]?: { output: Output; reads: Read };
};

/** Content of the document that a step writes: `StepOutput<typeof handler>`. */
export type StepOutput<Handler extends StepHandler> = TypesOf<Handler>['output'];

/** Documents that a step reads, by name: `StepReads<typeof handler>`. */
export type StepReads<Handler extends StepHandler> = TypesOf<Handler>['reads'];

/**
 * The types of a definition, for `createProcessClient<Definitions>()` of `process-facade-client`:
 * those of its input's schema, and of its output step.
 *
 * @example
 * import type { handler as confirmOrder } from './steps/order/ConfirmOrder';
 * export type Definitions = { order: DefinitionTypes<typeof OrderInput, typeof confirmOrder> };
 */
export type DefinitionTypes<Input extends StandardSchemaV1, OutputStep extends StepHandler> = {
  input: StandardSchemaV1.InferInput<Input>;
  output: StepOutput<OutputStep>;
};

type TypesOf<Handler extends StepHandler> = NonNullable<Handler[typeof TYPES]>;
