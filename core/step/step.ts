/**
 * The wrapper around the work of a step: reads what the step needs, runs it once, writes what it
 * returns.
 *
 * The machine calls every step with
 * `"Parameters": { "state.$": "$", "attempt.$": "$$.State.RetryCount" }` and takes the answer as
 * the new state: the same state, and the routing values of the step beside `processData`.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Context } from 'aws-lambda';
import { exactJson } from '../../client/exact-json.ts';
import { type Route, readRoute, writeDocument } from '../documents.ts';
import { depthProblems } from '../json-value.ts';
import { type DataRef, parseDataKey } from '../keys.ts';
import { bucketFromEnvironment } from '../objects.ts';
import { documentSize } from './document-size.ts';
import {
  DocumentTooLarge,
  InvalidOutput,
  NonErrorThrown,
  ProcessDataNotReady,
  StepTimeIsUp,
} from './errors.ts';
import { type ExecutionState, ownDocument, parseEvent, routeOf, stateAfter } from './execution-state.ts';
import { checkSchema, type Documents, type Reads, readAll } from './reads.ts';

/** What a step knows beside its documents. */
export type StepContext = DataRef & {
  /** The step's name in the machine. */
  step: string;
  /** The item of a Map and the entry of a loop that this run of the step is for: `3`, `2/0`. */
  part?: string;
  /** 1 for the first attempt; it rises with each Retry and begins anew after a redrive. */
  attempt: number;
  /** The routing values that earlier steps have put beside `processData`. */
  route: Readonly<Route>;
  /**
   * Aborted with {@link StepTimeIsUp} shortly before the function's time limit, so that the step
   * can give up by itself.
   */
  signal: AbortSignal;
  /** Writes one line of JSON to the function's log, with the process and the step. */
  log(message: string, fields?: Record<string, unknown>): void;
};

/**
 * What a step returns: its document, and what Choice states shall know of it (at most some 1,500
 * bytes, never business data).
 */
export type StepResult<Output> = { output: Output; route?: Route };

/** What a step is made of. */
export type StepDefinition<Required extends Reads, Optional extends Reads, Output> = {
  /**
   * Documents without which the step cannot begin: while one is missing, `ProcessDataNotReady` is
   * thrown.
   */
  reads: Required;
  /**
   * Documents that the step reads where they are there: a compensation often does not know how far
   * things went.
   */
  readsIfWritten?: Optional;
  /**
   * The read predicate: false throws `ProcessDataNotReady`, and the machine's Retry tries again.
   */
  ready?(documents: Documents<Required, Optional>): boolean;
  /** What the output must fit; checked before anything is written. */
  writes?: StandardSchemaV1<unknown, Output>;
  /**
   * The work itself. It may run again after a crash in the middle, but never once its document is
   * written.
   */
  run(
    documents: Documents<Required, Optional>,
    context: StepContext,
  ): Promise<StepResult<Output>> | StepResult<Output>;
};

/** Enough for a last write to S3. */
const TIME_TO_GIVE_UP_MS = 1_000;

/**
 * The Lambda handler of a step.
 *
 * An attempt whose document is already there does nothing and answers as the first one did, so a
 * Retry, a redrive or a doubled invocation has no second effect in the data. Errors keep their
 * name, for Retry and Catch. Throws {@link ProcessDataNotReady}, {@link DocumentMismatch},
 * {@link DocumentTooLarge}, {@link InvalidOutput}, {@link InvalidStepEvent},
 * {@link NonErrorThrown}, and whatever `run` throws.
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
): (event: unknown, lambda: Context) => Promise<ExecutionState> {
  return async (event, lambda) => {
    const name = process.env.STEP_NAME ?? '';
    const loops = process.env.STEP_LOOPS === 'true';
    const bucket = bucketFromEnvironment();
    const { state, attempt } = parseEvent(name, event);
    const owned = parseDataKey(state.processData);
    const own = ownDocument(state, name, loops);

    const [finished, documents] = await Promise.all([
      readRoute(bucket, owned, own),
      readAll(bucket, owned, name, state, { ...definition.readsIfWritten, ...definition.reads }),
    ]);
    if (finished) return stateAfter(state, name, finished, loops);
    const missing = documents.missing.filter((document) => document in definition.reads);
    if (missing.length > 0) throw new ProcessDataNotReady(name, missing);
    const found = documents.found as Documents<Required, Optional>;
    if (definition.ready?.(found) === false) throw new ProcessDataNotReady(name, []);

    const limit = timeLimit(name, lambda);
    const context: StepContext = {
      ...owned,
      ...own,
      attempt,
      route: routeOf(state),
      signal: limit.signal,
      log: (message, fields) =>
        console.log(JSON.stringify({ message, ...owned, ...own, attempt, ...fields })),
    };
    const result = await Promise.resolve()
      .then(() => definition.run(found, context))
      .catch((thrown: unknown) => {
        throw thrown instanceof Error ? thrown : new NonErrorThrown(name, thrown);
      })
      .finally(limit.lift);

    const json = await toJson(name, result, definition.writes);
    // As a repeated attempt will read it.
    const route = JSON.parse(toExactJson(name, 'route', result.route ?? {})) as Route;
    const first = await writeDocument(bucket, owned, own, json, route);
    // Another attempt was faster: its document counts, and so does what it told the machine.
    return stateAfter(state, name, first ? route : ((await readRoute(bucket, owned, own)) ?? route), loops);
  };
}

async function toJson(name: string, result: unknown, schema?: StandardSchemaV1): Promise<string> {
  const output = (result as { output?: unknown } | null | undefined)?.output;
  if (typeof output !== 'object' || output === null) {
    throw new InvalidOutput(
      name,
      output === undefined ? 'it returned none' : `it returned ${String(output)}`,
    );
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
    throw Object.assign(new InvalidOutput(name, (cause as Error).message), { cause });
  }
}

function timeLimit(name: string, lambda: Context): { signal: AbortSignal; lift(): void } {
  const controller = new AbortController();
  const remainingMs = lambda.getRemainingTimeInMillis();
  const timer = setTimeout(
    () => controller.abort(new StepTimeIsUp(name)),
    Math.max(0, remainingMs - Math.min(TIME_TO_GIVE_UP_MS, remainingMs / 2)),
  );
  return { signal: controller.signal, lift: () => clearTimeout(timer) };
}
