/**
 * Where a process stands, in Step Functions' own words.
 *
 * @example
 * const isOver = (status: ProcessStatus) => status !== 'RUNNING' && status !== 'PENDING_REDRIVE';
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
 */
export type ProcessStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'PENDING_REDRIVE';

/**
 * The state of one process. Versions only rise; a redrive makes an ended process run again under a higher version.
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
  stepsDone: number;
  stepsTotal: number;
};

/**
 * Notice that a step's document was written. Progress only: one may get lost, or come late.
 *
 * @example
 * const line = (step: ProcessStep) => `${step.step}: ${step.bytes} bytes`;
 */
export type ProcessStep = {
  processId: string;
  owner: string;
  step: string;
  bytes: number;
  writtenAt: string;
};

/** GraphQL selection of a {@link ProcessState}. */
export const STATE =
  '{ processId owner definition status version startedAt stoppedAt error cause stepsDone stepsTotal }';

/** GraphQL selection of a {@link ProcessStep}. */
export const STEP = '{ processId owner step bytes writtenAt }';

/** Whether the process has ended, so far as this version says. */
export function isTerminal({ status }: ProcessState): boolean {
  return status !== 'RUNNING' && status !== 'PENDING_REDRIVE';
}

/**
 * Whether a state that came in tells more than the one that is held: a higher version, or more steps done in the same
 * one. Taking only such states makes late, doubled and reordered answers harmless.
 */
export function isNewer(incoming: ProcessState, held: ProcessState | undefined): boolean {
  return (
    !held ||
    incoming.version > held.version ||
    (incoming.version === held.version && incoming.stepsDone > held.stepsDone)
  );
}
