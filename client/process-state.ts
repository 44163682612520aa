/**
 * Where a process stands, in Step Functions' own words.
 *
 * @example
 * const isOver = (status: ProcessStatus) => status !== 'RUNNING' && status !== 'PENDING_REDRIVE';
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
 */
export type ProcessStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'PENDING_REDRIVE';

/**
 * The state of one process. Versions only rise; a redrive makes an ended process run again under a
 * higher version.
 *
 * @example
 * const percent = (state: ProcessState) => (100 * state.stepsDone) / state.stepsTotal;
 */
export type ProcessState = {
  processId: string;
  owner: string;
  definition: string;
  status: ProcessStatus;
  version: number;
  startedAt: string;
  stoppedAt: string | null;
  error: string | null;
  cause: string | null;
  /** How many different steps have written a document. */
  stepsDone: number;
  /** How many steps there are in all; of a process that has SUCCEEDED, as many as are done. */
  stepsTotal: number;
};

/**
 * A document that a step has written.
 *
 * @example
 * const line = ({ step, part, bytes }: ProcessStep) => `${part === null ? step : `${step}/${part}`}: ${bytes} bytes`;
 */
export type ProcessStep = {
  processId: string;
  owner: string;
  /** The name of the step: a Task state of the definition. */
  step: string;
  /**
   * Of a step in a Map or a loop, the number of the item or entry from 0, such as `3`, or `2/0` for
   * both.
   */
  part: string | null;
  bytes: number;
  writtenAt: string;
};

/** GraphQL selection of a {@link ProcessState}. */
export const STATE =
  '{ processId owner definition status version startedAt stoppedAt error cause stepsDone stepsTotal }';

/**
 * GraphQL selection of a push about a step. It only says when to look: the steps themselves come
 * from `processData`.
 */
export const STEP = '{ processId }';

/** Whether the process has ended, so far as this version says. */
export function isTerminal({ status }: ProcessState): boolean {
  return status !== 'RUNNING' && status !== 'PENDING_REDRIVE';
}

/**
 * Whether a state that came in tells more than the one that is held: a higher version, or more
 * steps done in the same one. Taking only such states makes late, doubled and reordered answers
 * harmless.
 */
export function isNewer(incoming: ProcessState, held: ProcessState | undefined): boolean {
  return (
    !held ||
    incoming.version > held.version ||
    (incoming.version === held.version && incoming.stepsDone > held.stepsDone)
  );
}
