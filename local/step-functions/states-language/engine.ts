/**
 * The only file that uses `aws-local-stepfunctions`. It runs one small machine at a time: the check
 * of a whole definition, one state under its Retry and Catch, one Choice, one intrinsic function.
 * Everything beyond a single state (the next state, branches, waiting, recovery after a crash) is
 * outside of the library, because it cannot start in the middle. What it does wrong within a state
 * is rejected in `states-language/unsupported.ts`, or rewritten into a form that it evaluates
 * correctly.
 */

import { ExecutionError, StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { MAX_TIMEOUT_MS } from '../../common/clock.ts';
import type { JsonObject, JsonValue } from '../../common/json.ts';
import { runtimeFailure, StateFailure } from './state-failure.ts';
import type { ChoiceRule, RetryAndCatch } from './state-machine.ts';

const UNCHECKED = { validationOptions: { noValidate: true } };

/**
 * Returns one line for each violation of the language's rules in a definition. Takes about 0.1 s.
 */
export function syntaxProblems(definition: unknown): string[] {
  try {
    new StateMachine(definition as StateMachineDefinition);
    return [];
  } catch (error) {
    const { message } = error as Error;
    // It looks for fields at any depth, also among the names of states.
    if (error instanceof TypeError) {
      return [
        `the check of the language failed (${message}). Rename any state that has the name of a field: Iterator, Branches, States`,
      ];
    }
    // The library's list has a heading.
    const lines = message.split('\n');
    return [...new Set((lines.length > 1 ? lines.slice(1) : lines).map((line) => line.trim()))];
  }
}

/**
 * The end of a state under Retry and Catch: the value of an attempt, or the index of the catcher.
 */
type Guarded<T> = { value: T } | { catcher: number; error: { Error: string; Cause: string } };

/**
 * Runs attempts until one succeeds, a catcher handles the failure, or it is thrown. Between
 * attempts it waits for the interval of Retry.
 *
 * `attempt` receives the number of earlier attempts. Only a {@link StateFailure} that is not
 * terminal is compared with the rules. `isIntervalOver` returns whether the interval after that
 * attempt is over already.
 */
export async function withRetryAndCatch<T>(
  { Retry = [], Catch = [] }: RetryAndCatch,
  attempt: (earlierAttempts: number) => Promise<T>,
  { isIntervalOver, signal }: { isIntervalOver: (attempt: number) => boolean; signal: AbortSignal },
): Promise<Guarded<T>> {
  const catchers = Catch.map(({ ErrorEquals }, index) => ({ ErrorEquals, Next: `Catcher${index}` }));
  const machine = new StateMachine(
    {
      StartAt: 'guarded',
      States: {
        guarded: {
          Type: 'Task',
          Resource: 'handled here',
          // The library's default is 60 s, its limit that of setTimeout. Attempts have their own
          // timeout.
          TimeoutSeconds: Math.floor(MAX_TIMEOUT_MS / 1000),
          Retry,
          Catch: catchers,
          End: true,
        },
        ...Object.fromEntries(
          catchers.map(({ Next }, catcher) => [
            Next,
            { Type: 'Pass', Parameters: { catcher, 'error.$': '$' }, End: true },
          ]),
        ),
      },
    },
    UNCHECKED,
  );
  let attempts = 0;
  let outcome: { value: T } | undefined;
  const intervals: Record<string, number> = {};
  const execution = machine.run(null, {
    overrides: {
      retryIntervalOverrides: intervals,
      taskResourceLocalHandlers: {
        guarded: async () => {
          const earlierAttempts = attempts++;
          try {
            // The library starts another attempt after an abort during an interval.
            signal.throwIfAborted();
            outcome = { value: await attempt(earlierAttempts) };
            return null;
          } catch (thrown) {
            if (isIntervalOver(earlierAttempts)) intervals.guarded = 0;
            else delete intervals.guarded;
            throw new Rejection(thrown);
          }
        },
      },
    },
  });
  signal.addEventListener('abort', execution.abort, { once: true });
  try {
    const end = await execution.result;
    return outcome ?? (end as { catcher: number; error: { Error: string; Cause: string } });
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof ExecutionError && error.cause instanceof Rejection ? error.cause.thrown : error;
  } finally {
    signal.removeEventListener('abort', execution.abort);
  }
}

/** The error of an attempt, with the name and flags that the library checks. */
class Rejection extends Error {
  readonly thrown: unknown;
  readonly isRetryable: boolean;
  readonly isCatchable: boolean;

  constructor(thrown: unknown) {
    const failure = thrown instanceof StateFailure ? thrown : undefined;
    super(failure?.reason ?? '');
    this.name = failure?.error ?? '';
    this.thrown = thrown;
    this.isRetryable = this.isCatchable = failure !== undefined && !failure.isTerminal;
  }
}

/**
 * Returns the index of the first matching rule; -1 if none matches. Rules refer to `values` by
 * `$.<name>`. Throws a `States.Runtime` failure for a rule on a missing value.
 */
export async function firstMatch(rules: Omit<ChoiceRule, 'Next'>[], values: JsonObject): Promise<number> {
  const target = (index: number) => `Match${index}`;
  const pass = (index: number) => ({ Type: 'Pass', Result: { index }, End: true });
  const { index } = (await evaluate(
    {
      Choose: {
        Type: 'Choice',
        Choices: rules.map((rule, i) => ({ ...rule, Next: target(i) })),
        Default: 'None',
      },
      ...Object.fromEntries(rules.map((_, i) => [target(i), pass(i)])),
      None: pass(-1),
    },
    'Choose',
    values,
  )) as { index: number };
  return index;
}

/**
 * Evaluates an intrinsic function whose arguments are names of `values`: `States.Array($.v0,
 * $.v1)`.
 */
export async function callIntrinsic(expression: string, values: JsonObject): Promise<JsonValue> {
  const call = { Call: { Type: 'Pass', Parameters: { 'value.$': expression }, End: true } };
  return ((await evaluate(call, 'Call', values)) as { value: JsonValue }).value;
}

async function evaluate(
  states: Record<string, unknown>,
  startAt: string,
  input: JsonObject,
): Promise<unknown> {
  const definition = { StartAt: startAt, States: states } as StateMachineDefinition;
  try {
    return await new StateMachine(definition, UNCHECKED).run(input).result;
  } catch (error) {
    const cause = error instanceof ExecutionError ? (error.cause as Error) : undefined;
    throw cause?.name === 'States.Runtime' ? runtimeFailure(cause.message) : error;
  }
}
