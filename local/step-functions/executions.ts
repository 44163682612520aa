import type { EmitEvent } from '../common/aws-event.ts';
import type { InvokeLambda } from '../common/invoke-lambda.ts';
import type { JsonValue } from '../common/json.ts';
import type { Logger } from '../common/logger.ts';
import type { IsAllowed } from '../iam/iam.ts';
import { invokeAs } from '../iam/invoke-as.ts';
import type { Execution, ExecutionStore } from './execution/execution-store.ts';
import { newFrame, redriven } from './execution/frame.ts';
import type { EventDraft } from './execution/history-event.ts';
import { Run } from './execution/run.ts';
import { runStates } from './execution/run-states.ts';
import { sleepUntil } from './execution/run-wait.ts';
import { errorAndCause, StateFailure } from './states-language/state-failure.ts';
import type { StateMachine } from './states-language/state-machine.ts';
import { statusChangeEvent } from './status-change-event.ts';

/** How an execution ended. */
type End = Pick<Execution, 'status'> & Partial<Pick<Execution, 'output' | 'error' | 'cause'>>;

/** What an execution is started with. */
type NewExecution = Pick<
  Execution,
  | ('arn' | 'stateMachineArn' | 'stateMachineName' | 'roleArn' | 'definitionHash')
  | ('name' | 'input' | 'traceHeader')
>;

const NEW = {
  status: 'RUNNING',
  stopMs: null,
  output: null,
  error: null,
  cause: null,
  redriveCount: 0,
  redriveMs: null,
  redriveTokens: '[]',
} as const;

/**
 * The executions of this process. Every change of status is kept in one transaction with its event;
 * starting, stopping and redriving are also safe from a crash of the machine when they return (what
 * happens in between is only from one of the process).
 */
export type Executions = ReturnType<typeof createExecutions>;

/** Runs executions; none runs before `resume` or `start`. */
export function createExecutions({
  store,
  invokeLambda,
  emit,
  isDeleted,
  isAllowed,
  logger,
}: {
  store: ExecutionStore;
  invokeLambda: InvokeLambda;
  emit: EmitEvent;
  /** Whether the machine of that ARN is not in the template any more. */
  isDeleted: (machineArn: string) => boolean;
  isAllowed: IsAllowed;
  logger: Logger;
}) {
  const running = new Map<string, { run: Run; done: Promise<void> }>();

  const newRun = (execution: Execution) =>
    new Run(
      execution,
      store,
      invokeAs(execution.roleArn, invokeLambda, isAllowed),
      isDeleted(execution.stateMachineArn),
    );

  function launch(execution: Execution): void {
    const run = newRun(execution);
    const done = drive(run).finally(() => {
      // By then a redrive may have put another run in its place.
      if (running.get(execution.arn)?.run === run) running.delete(execution.arn);
    });
    running.set(execution.arn, { run, done });
  }

  async function drive(run: Run): Promise<void> {
    const { execution, signal } = run;
    try {
      const machine = JSON.parse(store.definition(execution.definitionHash) ?? 'null') as StateMachine;
      if (machine.TimeoutSeconds !== undefined) endLate(run, machine.TimeoutSeconds);
      const frame = run.frames.get('/') ?? newFrame('/', 0);
      const output = await runStates(
        { run, frame, signal },
        machine,
        JSON.parse(execution.input) as JsonValue,
      );
      end(run, { status: 'SUCCEEDED', output: JSON.stringify(output) }, frame.lastEventId);
    } catch (thrown) {
      if (signal.aborted) return;
      if (!(thrown instanceof StateFailure))
        logger.error(`Step Functions: execution [${execution.arn}] failed`, thrown);
      const { error = null, reason = null } =
        thrown instanceof StateFailure ? thrown : { error: 'States.Runtime', reason: String(thrown) };
      end(run, { status: 'FAILED', error, cause: reason }, run.frames.get('/')?.lastEventId ?? 0);
    }
  }

  function endLate(run: Run, timeoutSeconds: number): void {
    const { startMs, redriveMs } = run.execution;
    sleepUntil((redriveMs ?? startMs) + timeoutSeconds * 1000, run.signal).then(
      () => run.signal.aborted || end(run, { status: 'TIMED_OUT', error: 'States.Timeout' }, 0),
      () => undefined,
    );
  }

  function end(run: Run, result: End, previousEventId: number, { durable = false } = {}): Execution {
    const ended = { ...run.execution, ...result, stopMs: Date.now() };
    run.event(endEvent(ended), previousEventId, { isLast: true });
    const keepEnd = () => {
      store.updateExecution(ended);
      if (ended.status === 'SUCCEEDED') store.deleteFrames(ended.id);
      emit(statusChangeEvent(ended, store));
    };
    run.keep(keepEnd, { durable });
    run.end();
    return ended;
  }

  return {
    /** Starts an execution that is not there yet. */
    start(started: NewExecution): Execution {
      const execution = store.transaction(
        () => {
          const inserted = store.insertExecution({ ...NEW, ...started, startMs: Date.now() });
          appendEvent(store, inserted, 0, {
            type: 'ExecutionStarted',
            details: { input: started.input, inputDetails: { truncated: false }, roleArn: started.roleArn },
          });
          emit(statusChangeEvent(inserted, store));
          return inserted;
        },
        { durable: true },
      );
      launch(execution);
      return execution;
    },

    /**
     * Ends a running execution as ABORTED. Functions that run for it are not stopped, and what they
     * return is not looked at.
     */
    stop(execution: Execution, error: string | null, cause: string | null): Execution {
      const current = running.get(execution.arn)?.run;
      // None runs before `resume`, or after Lambda was closed.
      const run = current && !current.signal.aborted ? current : newRun(execution);
      return end(run, { status: 'ABORTED', error, cause }, 0, { durable: true });
    },

    /** Lets an unsuccessful execution go on in the states that did not succeed. */
    redrive(execution: Execution, redrive: { redriveMs: number; redriveTokens: string }): void {
      const again: Execution = {
        ...execution,
        ...redrive,
        ...{ status: 'RUNNING', stopMs: null, error: null, cause: null },
        redriveCount: execution.redriveCount + 1,
      };
      store.transaction(
        () => {
          const lastEventId = store.lastEventId(again.id);
          const details = { redriveCount: again.redriveCount };
          appendEvent(store, again, lastEventId, { type: 'ExecutionRedriven', details });
          const frames = redriven(store.frames(again.id), lastEventId + 1);
          store.deleteFrames(again.id);
          for (const frame of frames) store.saveFrame(again.id, frame);
          store.updateExecution(again);
          emit(statusChangeEvent(again, store));
        },
        { durable: true },
      );
      launch(again);
    },

    /** Runs on with everything that is RUNNING in the database and not in this process. */
    resume(): void {
      for (const execution of store.runningExecutions()) {
        if (!running.has(execution.arn)) launch(execution);
      }
    },

    /** How many executions run in this process. */
    runningCount: () => running.size,

    /** Stops everything without recording an end; resolves when nothing more is written. */
    async close(): Promise<void> {
      const all = [...running.values()];
      for (const { run } of all) run.end();
      await Promise.all(all.map(({ done }) => done));
    },
  };
}

function appendEvent(
  store: ExecutionStore,
  { id }: Execution,
  previousEventId: number,
  draft: EventDraft,
): void {
  const { type, details = null } = draft;
  const event = { id: store.lastEventId(id) + 1, previousEventId, timestampMs: Date.now(), type, details };
  store.addEvent(id, event);
}

function endEvent({ status, output, error, cause }: Execution): EventDraft {
  if (status === 'SUCCEEDED') {
    return { type: 'ExecutionSucceeded', details: { output, outputDetails: { truncated: false } } };
  }
  const type = status === 'TIMED_OUT' ? 'TimedOut' : status === 'ABORTED' ? 'Aborted' : 'Failed';
  return { type: `Execution${type}`, details: errorAndCause(error ?? undefined, cause ?? undefined) };
}
