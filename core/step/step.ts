/**
 * The step wrapper: reads the documents that a step needs, runs it, and writes its output once. The
 * response is the result of the Task state: the step's `route`.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Context } from 'aws-lambda';
import { exactJson } from '../../client/exact-json.ts';
import { type Route, readRoute, writeDocument } from '../documents.ts';
import { depthProblems } from '../json-value.ts';
import type { DataRef } from '../keys.ts';
import { bucketNamed } from '../objects.ts';
import { STEP_READS, type StepReadNames } from '../step-reads.ts';
import { documentSize } from './document-size.ts';
import {
  DocumentTooLarge,
  InvalidOutput,
  NonErrorThrown,
  ProcessDataNotReady,
  StepTimeIsUp,
} from './errors.ts';
import { checkSchema, type Documents, type Reads, readAll } from './reads.ts';
import { parseEvent } from './step-event.ts';
import type { StepHandler } from './step-types.ts';

/** Context of a step's run. */
export type StepContext = DataRef & {
  /** Name of the step. */
  step: string;
  /**
   * What the run is for: the index of the Map item, the time at which a loop came to the step, or
   * both. `3`, `2/0`, `3/2026-11-30T09:15:00.123Z`.
   */
  part?: string;
  /** 1 for the first attempt. Each Retry increments it; a redrive resets it. */
  attempt: number;
  /** The input of the Task state: the `Parameters` of the machine, or else its state. */
  state: unknown;
  /**
   * Aborted with {@link StepTimeIsUp} shortly before the function times out, so that the step can
   * stop by itself.
   */
  signal: AbortSignal;
  /** Writes a line of JSON to the function's log, which includes the process and the step. */
  log(message: string, fields?: Record<string, unknown>): void;
};

/**
 * Result of a step: its document, and the result of the Task state.
 *
 * `route` is for what the machine itself reads, such as the value that a Choice compares. It is
 * stored in the metadata of the document, so that a repeated attempt returns the same, and has at
 * most 1,500 bytes. For a Map, return the number of items. `States.ArrayRange` makes the list, and
 * the step of an item reads its part of the document.
 */
export type StepResult<Output> = { output: Output; route?: Route };

/** Definition of a step. */
export type StepDefinition<Required extends Reads, Optional extends Reads, Output> = {
  /** Documents that the step requires. Throws `ProcessDataNotReady` while one is missing. */
  reads: Required;
  /**
   * Documents that the step reads if they exist. A compensation often does not know which steps
   * have run.
   */
  readsIfWritten?: Optional;
  /** Read predicate. If it returns false, `ProcessDataNotReady` is thrown and retried. */
  ready?(documents: Documents<Required, Optional>): boolean;
  /** Schema of the output, which is validated before anything is written. */
  writes?: StandardSchemaV1<unknown, Output>;
  /** Does the work. It may run again after a crash, but never once its document is written. */
  run(
    documents: Documents<Required, Optional>,
    context: StepContext,
  ): Promise<StepResult<Output>> | StepResult<Output>;
};

/** Enough time for a last write to S3. */
const TIME_TO_STOP_MS = 1_000;

/**
 * Returns the Lambda handler of a step.
 *
 * If the step's document already exists, the handler does nothing and returns the same response as
 * the first attempt. So a Retry, a redrive or a duplicate invocation has no second effect on the
 * data. Errors keep their names, for Retry and Catch. Throws {@link ProcessDataNotReady},
 * {@link DocumentMismatch}, {@link DocumentTooLarge}, {@link InvalidOutput},
 * {@link InvalidStepEvent}, {@link NonErrorThrown}, and any error of `run`.
 *
 * @example
 * export const handler = step({
 *   reads: { input: OrderInput },
 *   writes: PricedOrder,
 *   run: ({ input }) => ({ output: price(input) }),
 * });
 */
export function step<Required extends Reads, Output, Optional extends Reads = Record<never, never>>(
  definition: StepDefinition<Required, Optional, Output>,
): StepHandler<Output, Documents<Required, Optional>> {
  const handler = async (event: unknown, lambda: Context) => {
    const { bucket: bucketName, data, own, attempt, state } = parseEvent(event);
    const bucket = bucketNamed(bucketName);
    const [finished, documents] = await Promise.all([
      readRoute(bucket, data, own),
      readAll(bucket, data, own, { ...definition.readsIfWritten, ...definition.reads }),
    ]);
    if (finished) return finished;
    const missing = documents.missing.filter((document) => Object.hasOwn(definition.reads, document));
    if (missing.length > 0) throw new ProcessDataNotReady(own.step, missing);
    const found = documents.found as Documents<Required, Optional>;
    if (definition.ready?.(found) === false) throw new ProcessDataNotReady(own.step, []);

    const limit = timeLimit(own.step, lambda);
    const context: StepContext = {
      ...data,
      ...own,
      attempt,
      state,
      signal: limit.signal,
      log: (message, fields) => console.log(JSON.stringify({ message, ...data, ...own, attempt, ...fields })),
    };
    const result = await Promise.resolve()
      .then(() => definition.run(found, context))
      .catch((thrown: unknown) => {
        throw thrown instanceof Error ? thrown : new NonErrorThrown(own.step, thrown);
      })
      .finally(limit.lift);

    const json = await toJson(own.step, result, definition.writes);
    // As a repeated attempt would read it.
    const route = JSON.parse(toExactJson(own.step, 'route', result.route ?? {})) as Route;
    const first = await writeDocument(bucket, data, own, json, route);
    // If another attempt was faster, its document and its route count.
    return first ? route : ((await readRoute(bucket, data, own)) ?? route);
  };
  const reads: StepReadNames = {
    reads: Object.keys(definition.reads),
    readsIfWritten: Object.keys(definition.readsIfWritten ?? {}),
  };
  return Object.assign(handler, { [STEP_READS]: reads });
}

async function toJson(name: string, result: unknown, schema?: StandardSchemaV1): Promise<string> {
  const output = (result as { output?: unknown } | null | undefined)?.output;
  if (typeof output !== 'object' || output === null) {
    throw new InvalidOutput(name, output === undefined ? 'got none' : `got ${String(output)}`);
  }
  const checked = schema ? await checkSchema(name, name, schema, output) : output;
  const json = toExactJson(name, 'output', checked);
  const [tooDeep] = depthProblems(checked);
  if (tooDeep) throw new InvalidOutput(name, `output ${tooDeep.message}`);
  return json;
}

function toExactJson(name: string, part: 'output' | 'route', value: unknown): string {
  try {
    const onMember = part === 'output' ? documentSize(name) : undefined;
    return exactJson(value, (path, problem) => new TypeError(`${part}${path} ${problem}`), onMember);
  } catch (cause) {
    if (cause instanceof DocumentTooLarge) throw cause;
    throw new InvalidOutput(name, (cause as Error).message, { cause });
  }
}

function timeLimit(name: string, lambda: Context): { signal: AbortSignal; lift(): void } {
  const controller = new AbortController();
  const remainingMs = lambda.getRemainingTimeInMillis();
  const timer = setTimeout(
    () => controller.abort(new StepTimeIsUp(name)),
    Math.max(0, remainingMs - Math.min(TIME_TO_STOP_MS, remainingMs / 2)),
  );
  return { signal: controller.signal, lift: () => clearTimeout(timer) };
}
