import type { ProcessState } from './api-types.ts';

/**
 * GraphQL selection of a push about a step. It only signals when to list: the steps come from
 * `processData`.
 */
export const STEP = '{ processId }';

/** Returns whether the process has ended, according to this version. */
export function isTerminal({ status }: ProcessState): boolean {
  return status !== 'RUNNING' && status !== 'PENDING_REDRIVE';
}

/**
 * Returns whether an incoming state is newer: it has a higher version, or more completed steps in
 * the same version. Accepting only such states makes late, duplicated and reordered responses
 * harmless.
 */
export function isNewer(incoming: ProcessState, current: ProcessState | undefined): boolean {
  return (
    !current ||
    incoming.version > current.version ||
    (incoming.version === current.version && incoming.stepsDone > current.stepsDone)
  );
}
