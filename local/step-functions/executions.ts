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

/** The end of an execution. */
type End = Pick<Execution, 'status'> & Partial<Pick<Execution, 'output' | 'error' | 'cause'>>;

/** The values of a new execution. */
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

/** The services that executions use. */
type ExecutionServices = {
  store: ExecutionStore;
  invokeLambda: InvokeLambda;
  emit: EmitEvent;
  /** Returns whether the machine of that ARN is no longer in the template. */
  isDeleted: (machineArn: string) => boolean;
  isAllowed: IsAllowed;
  logger: Logger;
};

/**
 * The executions of this process. None runs before `resume` or `start`.
 *
 * Every change of status is committed in one transaction with its event. After `start`, `stop` and
 * `redrive` return, their commits survive a crash of the machine; the steps in between survive only
 * one of the process.
 */
export class Executions {
  readonly #services: ExecutionServices;
  readonly #running = new Map<string, { run: Run; done: Promise<void> }>();

  constructor(services: ExecutionServices) {
    this.#services = services;
  }

  /** Starts a new execution. */
  start(started: NewExecution): Execution {
    const { store, emit } = this.#services;
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
    this.#launch(execution);
    return execution;
  }

  /**
   * Ends a running execution as ABORTED. Its running functions are not stopped, and their results
   * are discarded.
   */
  stop(execution: Execution, error: string | null, cause: string | null): Execution {
    const current = this.#running.get(execution.arn)?.run;
    // None runs before `resume`, or after Lambda was closed.
    const run = current && !current.signal.aborted ? current : this.#newRun(execution);
    return this.#end(run, { status: 'ABORTED', error, cause }, 0, { durable: true });
  }

  /** Continues an unsuccessful execution in the states that did not succeed. */
  redrive(execution: Execution, redrive: { redriveMs: number; redriveTokens: string }): void {
    const { store, emit } = this.#services;
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
    this.#launch(again);
  }

  /** Continues every execution that is RUNNING in the database and not in this process. */
  resume(): void {
    for (const execution of this.#services.store.runningExecutions()) {
      if (!this.#running.has(execution.arn)) this.#launch(execution);
    }
  }

  /** Returns the number of executions running in this process. */
  runningCount(): number {
    return this.#running.size;
  }

  /** Stops all executions without recording an end. Resolves when nothing more is written. */
  async close(): Promise<void> {
    const all = [...this.#running.values()];
    for (const { run } of all) run.end();
    await Promise.all(all.map(({ done }) => done));
  }

  #newRun(execution: Execution): Run {
    const { store, invokeLambda, isAllowed, isDeleted } = this.#services;
    const invoke = invokeAs(execution.roleArn, invokeLambda, isAllowed);
    return new Run(execution, store, invoke, () => isDeleted(execution.stateMachineArn));
  }

  #launch(execution: Execution): void {
    const run = this.#newRun(execution);
    const done = this.#drive(run).finally(() => {
      // A redrive may have replaced the run by then.
      if (this.#running.get(execution.arn)?.run === run) this.#running.delete(execution.arn);
    });
    this.#running.set(execution.arn, { run, done });
  }

  async #drive(run: Run): Promise<void> {
    const { store, logger } = this.#services;
    const { execution, signal } = run;
    try {
      const machine = JSON.parse(store.definition(execution.definitionHash) ?? 'null') as StateMachine;
      if (machine.TimeoutSeconds !== undefined) this.#endLate(run, machine.TimeoutSeconds);
      const frame = run.frames.get('/') ?? newFrame('/', 0);
      const output = await runStates(
        { run, frame, signal },
        machine,
        JSON.parse(execution.input) as JsonValue,
      );
      this.#end(run, { status: 'SUCCEEDED', output: JSON.stringify(output) }, frame.lastEventId);
    } catch (thrown) {
      if (signal.aborted) return;
      if (!(thrown instanceof StateFailure))
        logger.error(`Step Functions: execution [${execution.arn}] failed`, thrown);
      const { error = null, reason = null } =
        thrown instanceof StateFailure ? thrown : { error: 'States.Runtime', reason: String(thrown) };
      this.#end(run, { status: 'FAILED', error, cause: reason }, run.frames.get('/')?.lastEventId ?? 0);
    }
  }

  #endLate(run: Run, timeoutSeconds: number): void {
    const { startMs, redriveMs } = run.execution;
    sleepUntil((redriveMs ?? startMs) + timeoutSeconds * 1000, run.signal).then(
      () => run.signal.aborted || this.#end(run, { status: 'TIMED_OUT', error: 'States.Timeout' }, 0),
      () => undefined,
    );
  }

  #end(run: Run, result: End, previousEventId: number, { durable = false } = {}): Execution {
    const { store, emit } = this.#services;
    const ended = { ...run.execution, ...result, stopMs: Date.now() };
    run.event(endEvent(ended), previousEventId, { isLast: true });
    const writeEnd = () => {
      store.updateExecution(ended);
      if (ended.status === 'SUCCEEDED') store.deleteFrames(ended.id);
      emit(statusChangeEvent(ended, store));
    };
    run.commit(writeEnd, { durable });
    run.end();
    return ended;
  }
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
