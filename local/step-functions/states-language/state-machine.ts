import type { JsonObject, JsonValue } from '../../common/json.ts';

/**
 * A definition in the Amazon States Language, with the supported features. `checkDefinition`
 * rejects everything else.
 *
 * @see https://states-language.net/spec.html
 */
export type StateMachine = { StartAt: string; States: Record<string, State>; TimeoutSeconds?: number };

/** One state of any type. */
export type State =
  | TaskState
  | ParallelState
  | MapState
  | PassState
  | WaitState
  | ChoiceState
  | SucceedState
  | FailState;

type InputAndOutput = { InputPath?: string | null; OutputPath?: string | null };
/** Variables for the states that follow: a template for each name. */
type Assigns = { Assign?: JsonObject };
type Result = { Parameters?: JsonValue; ResultSelector?: JsonValue; ResultPath?: string | null };

/** The transition after a state: to `Next`, or to the end. */
type Transition = { Next?: string; End?: boolean };

/** One rule of Retry. */
export type Retrier = {
  ErrorEquals: string[];
  IntervalSeconds?: number;
  MaxAttempts?: number;
  BackoffRate?: number;
  MaxDelaySeconds?: number;
  JitterStrategy?: 'NONE' | 'FULL';
};

/** One rule of Catch. */
type Catcher = { ErrorEquals: string[]; Next: string; ResultPath?: string | null } & Assigns;

/** The rules for a failure of a state. */
export type RetryAndCatch = { Retry?: Retrier[]; Catch?: Catcher[] };

/** Calls a Lambda function. */
export type TaskState = { Type: 'Task'; Resource: string; TimeoutSeconds?: number } & InputAndOutput &
  Result &
  RetryAndCatch &
  Assigns &
  Transition;

/** Runs branches concurrently. */
export type ParallelState = { Type: 'Parallel'; Branches: StateMachine[] } & InputAndOutput &
  Result &
  RetryAndCatch &
  Assigns &
  Transition;

/**
 * Runs the same states for each item of a list. `Parameters` and `Iterator` are older names of
 * `ItemSelector` and `ItemProcessor`.
 */
export type MapState = {
  Type: 'Map';
  ItemsPath?: string;
  ItemSelector?: JsonValue;
  ItemProcessor?: StateMachine;
  Iterator?: StateMachine;
  MaxConcurrency?: number;
  MaxConcurrencyPath?: string;
} & InputAndOutput &
  Result &
  RetryAndCatch &
  Assigns &
  Transition;

/** Passes on its input, or a result in the definition. */
export type PassState = { Type: 'Pass'; Result?: JsonValue } & InputAndOutput &
  Pick<Result, 'Parameters' | 'ResultPath'> &
  Assigns &
  Transition;

/** Waits for a duration or until a time. */
export type WaitState = {
  Type: 'Wait';
  Seconds?: number;
  SecondsPath?: string;
  Timestamp?: string;
  TimestampPath?: string;
} & InputAndOutput &
  Assigns &
  Transition;

/** Continues with the first matching rule. */
export type ChoiceState = { Type: 'Choice'; Choices: ChoiceRule[]; Default?: string } & InputAndOutput &
  Assigns;

/** A rule at the top of a Choice state. */
export type ChoiceRule = { Next: string } & Assigns & JsonObject;

/** Ends its branch, or the execution. */
export type SucceedState = { Type: 'Succeed' } & InputAndOutput;

/** Fails its branch, or the execution. */
export type FailState = {
  Type: 'Fail';
  Error?: string;
  ErrorPath?: string;
  Cause?: string;
  CausePath?: string;
};
