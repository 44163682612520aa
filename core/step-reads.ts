/** Property of a step's handler: its {@link StepReadNames}. It is read without running the step. */
export const STEP_READS = Symbol.for('process-facade.reads');

/** The names of the documents that a step reads. */
export type StepReadNames = { reads: string[]; readsIfWritten: string[] };
