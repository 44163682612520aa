import { lambdaErrors } from '../common/function-error.ts';
import type { FunctionError } from '../common/invoke-lambda.ts';
import type { LambdaFunction, LogLine } from './function.ts';
import type { Reaper } from './reaper.ts';
import type { RuntimeMessage } from './runtime-messages.ts';
import { type ProcessEnd, startRuntimeProcess } from './runtime-process.ts';

/** One invocation as an environment takes it. `event` is JSON text. */
export type Invocation = { requestId: string; event: string };

/**
 * How an invocation ended. `payload` is JSON text. `NOT_STARTED`: the environment was gone before
 * it called the handler, because of something left over from an earlier invocation or because it
 * was ended, so another environment can take the invocation.
 */
export type InvocationEnd = { payload: string } | { error: FunctionError } | 'NOT_STARTED';

/** One execution environment: a process that runs one invocation at a time. */
export type Environment = {
  run(invocation: Invocation): Promise<InvocationEnd>;
  /** False after a time-out, a crash or `end`: no further invocation may be given to it. */
  isAlive(): boolean;
  /** How long it took from its start until it could call the handler; undefined while it cannot. */
  initMs(): number | undefined;
  /** Stops the process, in the middle of an invocation too. */
  end(): Promise<void>;
};

/**
 * Lambda gives the initialization ten seconds; one that takes longer is done again within the
 * function's own time.
 */
const INIT_MS = 10_000;

/**
 * Starts an execution environment for the invocation `firstRequestId`. It sees no variables but
 * `variables`.
 *
 * An error while the handler is loaded is the first invocation's error. The function's time begins
 * when its handler is called. `onLog` gets what the process writes, and Lambda's own START, END and
 * REPORT lines.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 */
export function createEnvironment(
  fn: LambdaFunction,
  variables: Record<string, string>,
  onLog: (line: LogLine) => void,
  firstRequestId: string,
  reaper: Reaper,
): Environment {
  const timeoutMs = fn.timeoutSeconds * 1000;
  const startedAt = performance.now();
  let initMs: number | undefined;
  let isAlive = true;
  let running: Running | undefined;
  /** Whose invocation the process has taken up last: its log lines are of this one. */
  let loggingRequestId = firstRequestId;
  const runtime = startRuntimeProcess(fn, variables, reaper, {
    onMessage,
    onOutput: (level, text) => log(level, text, loggingRequestId),
    onEnd: (end) => fail((requestId) => errorOf(end, requestId)),
  });

  function onMessage(message: RuntimeMessage): void {
    if (message.type === 'log') {
      log(message.level, message.text, loggingRequestId);
    } else if (message.type === 'ready') {
      initMs = performance.now() - startedAt;
      if (running) callHandler(running);
    } else if (message.type === 'initFailed') {
      fail(() => message.error);
    } else if (message.requestId === running?.requestId) {
      if (message.type === 'started') {
        running.isOwnFault = true;
        loggingRequestId = message.requestId;
      } else {
        const end = message.type === 'succeeded' ? { payload: message.payload } : { error: message.error };
        settle(end, message.memoryMb);
      }
    }
  }

  /**
   * The environment is lost. The invocation that runs fails with it, where it can have been the
   * reason.
   */
  function fail(errorFor: (requestId: string) => FunctionError): void {
    isAlive = false;
    if (running) settle(running.isOwnFault ? { error: errorFor(running.requestId) } : 'NOT_STARTED');
    void runtime.kill();
  }

  function callHandler(invocation: Running): void {
    const { requestId, event } = invocation;
    log('platform', `START RequestId: ${requestId} Version: $LATEST`, requestId);
    setTimer(invocation, timeoutMs);
    invocation.calledAt = performance.now();
    runtime.send({ requestId, functionArn: fn.arn, event, deadlineMs: Date.now() + timeoutMs });
  }

  function setTimer(invocation: Running, ms: number): void {
    clearTimeout(invocation.timer);
    invocation.timer = setTimeout(() => {
      invocation.isOwnFault = true;
      fail((requestId) => lambdaErrors.timedOut(requestId, fn.timeoutSeconds));
    }, ms);
  }

  function settle(end: InvocationEnd, memoryMb?: number): void {
    if (!running) return;
    const { requestId, calledAt, isCold, resolve, timer } = running;
    running = undefined;
    clearTimeout(timer);
    runtime.setBusy(false);
    if (calledAt !== undefined && end !== 'NOT_STARTED') {
      const durationMs = performance.now() - calledAt;
      const memory = memoryMb === undefined ? '' : `\tMax Memory Used: ${memoryMb} MB`;
      const init = isCold ? `\tInit Duration: ${(calledAt - startedAt).toFixed(2)} ms` : '';
      log('platform', `END RequestId: ${requestId}`, requestId);
      log(
        'platform',
        `REPORT RequestId: ${requestId}\tDuration: ${durationMs.toFixed(2)} ms\tBilled Duration: ${Math.ceil(durationMs)} ms` +
          `\tMemory Size: ${fn.memoryMb} MB${memory}${init}`,
        requestId,
      );
    }
    resolve(end);
  }

  function log(level: LogLine['level'], text: string, requestId: string): void {
    onLog({ functionName: fn.name, requestId, level, text });
  }

  return {
    run({ requestId, event }) {
      return new Promise((resolve) => {
        const isCold = initMs === undefined;
        running = { requestId, event, isCold, isOwnFault: isCold, resolve };
        // Only a process with work keeps this one alive.
        runtime.setBusy(true);
        if (isCold) setTimer(running, INIT_MS + timeoutMs);
        else callHandler(running);
      });
    },
    isAlive: () => isAlive,
    initMs: () => initMs,
    async end() {
      isAlive = false;
      settle('NOT_STARTED');
      await runtime.kill();
    },
  };
}

function errorOf(end: ProcessEnd, requestId: string): FunctionError {
  if ('status' in end) return lambdaErrors.exited(requestId, end.status);
  if ('signal' in end) return lambdaErrors.killed(requestId, end.signal);
  if ('outOfMemory' in end) return lambdaErrors.outOfMemory(requestId);
  return lambdaErrors.notStarted(end.notStarted);
}

type Running = Invocation & {
  isCold: boolean;
  /**
   * Whether the end of the process counts as this invocation's doing: from the call of the handler
   * on, for a cold start before it.
   */
  isOwnFault: boolean;
  calledAt?: number;
  timer?: NodeJS.Timeout;
  resolve(end: InvocationEnd): void;
};
