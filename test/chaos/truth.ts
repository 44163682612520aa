/**
 * Compares the final processes in Step Functions and in the facade with the results of their
 * callers.
 */
import { DescribeExecutionCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { executionArn, machineArn } from '../../core/definitions.ts';
import { testDefinitions } from '../definitions.ts';
import type { Session } from './history/session.ts';
import type { Settled } from './load.ts';

/** The result of the comparison. */
export type Truth = {
  /** A phrase for each caller whose result differs. */
  lies: string[];
  /** From the end of each execution to its caller, by processId. */
  delaysMs: ReadonlyMap<string, number>;
  /** The number of executions. */
  executions: number;
};

/** Compares every call's end with its execution and its record. Needs a facade without faults. */
export async function compareWithTruth(
  settled: readonly Settled[],
  session: Session,
  machineArnPrefix: string,
  environment: NodeJS.Dict<string>,
): Promise<Truth> {
  Object.assign(process.env, environment, { MACHINE_ARN_PREFIX: machineArnPrefix });
  const stepFunctions = new SFNClient({});
  const lies: string[] = [];
  const delaysMs = new Map<string, number>();
  for (const { processId, state, atMs } of settled) {
    const [execution, record] = await Promise.all([
      stepFunctions.send(new DescribeExecutionCommand({ executionArn: executionArn(state) })),
      session.get(processId),
      session.data(processId),
    ]);
    const given = `was given ${state.status} in version ${state.version}`;
    if (execution.status !== state.status) {
      lies.push(`[${processId}] ${given}, but its execution is ${execution.status}`);
    }
    if (record.status !== state.status || record.version !== state.version) {
      lies.push(`[${processId}] ${given}, but it is ${record.status} in version ${record.version}`);
    }
    if (execution.stopDate) delaysMs.set(processId, Math.max(0, atMs - execution.stopDate.getTime()));
  }
  let executions = 0;
  for (const definition of Object.keys(testDefinitions)) {
    executions += await countExecutions(stepFunctions, machineArn(definition));
  }
  stepFunctions.destroy();
  return { lies, delaysMs, executions };
}

async function countExecutions(stepFunctions: SFNClient, stateMachineArn: string): Promise<number> {
  let count = 0;
  let nextToken: string | undefined;
  do {
    const page = await stepFunctions.send(
      new ListExecutionsCommand({ stateMachineArn, maxResults: 1_000, ...(nextToken ? { nextToken } : {}) }),
    );
    count += page.executions?.length ?? 0;
    nextToken = page.nextToken;
  } while (nextToken);
  return count;
}
