import type { ProcessState } from './api-types.ts';

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
