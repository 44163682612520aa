import { inspect } from 'node:util';
import { Worker } from 'node:worker_threads';
import { type FunctionError, lambdaErrors } from './function-error.ts';
import type { LambdaFunction, LogLine } from './lambda.ts';
import type { InvokeMessage, RuntimeData, RuntimeMessage } from './runtime.ts';
import { runtimeCode } from './runtime-code.ts';

/** One invocation as an environment takes it. `event` is JSON text. */
export type Invocation = { requestId: string; event: string };

/**
 * How an invocation ended. `payload` is JSON text. `NOT_STARTED`: the environment was gone before it called the handler, because of
 * something left over from an earlier invocation or because it was ended, so another environment can take the invocation.
 */
export type InvocationEnd = { payload: string } | { error: FunctionError } | 'NOT_STARTED';

/** One execution environment: a worker thread that runs one invocation at a time. */
export type Environment = {
  run(invocation: Invocation): Promise<InvocationEnd>;
  /** False after a time-out, a crash or `end`: no further invocation may be given to it. */
  isAlive(): boolean;
  /** Stops the thread, in the middle of an invocation too. */
  end(): Promise<void>;
};

/** Lambda gives the initialization ten seconds; one that takes longer is done again within the function's own time. */
const INIT_MS = 10_000;

const MAX_YOUNG_GENERATION_MB = 8;

/**
 * Starts an execution environment for the invocation `firstRequestId`. It sees no variables but `variables`, and its heap is what
 * Lambda's Node.js runtime makes of the function's memory: nine tenths for old objects, one tenth for new ones.
 *
 * An error while the handler is loaded is the first invocation's error. The function's time begins when its handler is called.
 * `onLog` gets what the thread writes, and Lambda's own START, END and REPORT lines.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 */
export function createEnvironment(
  fn: LambdaFunction,
  variables: Record<string, string>,
  onLog: (line: LogLine) => void,
  firstRequestId: string,
): Environment {
  const timeoutMs = fn.timeoutSeconds * 1000;
  const startedAt = performance.now();
  let isReady = false;
  let isAlive = true;
  let running: Running | undefined;
  let lastRequestId = firstRequestId;

  const data: RuntimeData = { codeDir: fn.codeDir, handler: fn.handler, requestId: firstRequestId };
  const worker = new Worker(runtimeCode(), {
    name: fn.name,
    workerData: data,
    env: variables,
    execArgv: [],
    resourceLimits: {
      maxOldGenerationSizeMb: fn.memoryMb - MAX_YOUNG_GENERATION_MB,
      // What dies young is many times the rest: more room for it is memory that dozens of threads only fill before they clear it.
      maxYoungGenerationSizeMb: MAX_YOUNG_GENERATION_MB,
    },
  });
  worker.on('message', onMessage);
  worker.on('error', onError);
  worker.on('exit', (code) => fail((requestId) => lambdaErrors.exited(requestId, code)));

  function onMessage(message: RuntimeMessage): void {
    if (message.type === 'log') {
      onLog({
        functionName: fn.name,
        requestId: message.requestId,
        level: message.level,
        text: message.text,
      });
    } else if (message.type === 'ready') {
      isReady = true;
      if (running) callHandler(running);
    } else if (message.type === 'initFailed') {
      fail(() => message.error);
    } else if (message.requestId === running?.requestId) {
      if (message.type === 'started') running.isOwnFault = true;
      else settle(message.type === 'succeeded' ? { payload: message.payload } : { error: message.error });
    }
  }

  /** An exception that nothing catches ends the process on Lambda too, with status 1 and its text in the log. */
  function onError(error: Error & { code?: string }): void {
    const isMemory = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
    const requestId = running?.requestId ?? lastRequestId;
    onLog({ functionName: fn.name, requestId, level: 'stderr', text: inspect(error) });
    fail(() => (isMemory ? lambdaErrors.outOfMemory(requestId) : lambdaErrors.exited(requestId, 1)));
  }

  /** The environment is lost. The invocation that runs fails with it, where it can have been the reason. */
  function fail(errorOf: (requestId: string) => FunctionError): void {
    isAlive = false;
    if (running) settle(running.isOwnFault ? { error: errorOf(running.requestId) } : 'NOT_STARTED');
    void worker.terminate();
  }

  function callHandler(invocation: Running): void {
    const { requestId, event } = invocation;
    log(requestId, `START RequestId: ${requestId} Version: $LATEST`);
    setTimer(invocation, timeoutMs);
    invocation.calledAt = performance.now();
    const message: InvokeMessage = {
      requestId,
      functionArn: fn.arn,
      event,
      deadlineMs: Date.now() + timeoutMs,
    };
    worker.postMessage(message);
  }

  function setTimer(invocation: Running, ms: number): void {
    clearTimeout(invocation.timer);
    invocation.timer = setTimeout(() => {
      invocation.isOwnFault = true;
      fail((requestId) => lambdaErrors.timedOut(requestId, fn.timeoutSeconds));
    }, ms);
  }

  function settle(end: InvocationEnd): void {
    if (!running) return;
    const { requestId, calledAt, isCold, resolve, timer } = running;
    running = undefined;
    clearTimeout(timer);
    worker.unref();
    if (calledAt !== undefined && end !== 'NOT_STARTED') {
      const durationMs = performance.now() - calledAt;
      const init = isCold ? `\tInit Duration: ${(calledAt - startedAt).toFixed(2)} ms` : '';
      log(requestId, `END RequestId: ${requestId}`);
      log(
        requestId,
        `REPORT RequestId: ${requestId}\tDuration: ${durationMs.toFixed(2)} ms\tBilled Duration: ${Math.ceil(durationMs)} ms` +
          `\tMemory Size: ${fn.memoryMb} MB${init}`,
      );
    }
    resolve(end);
  }

  function log(requestId: string, text: string): void {
    onLog({ functionName: fn.name, requestId, level: 'platform', text });
  }

  return {
    run({ requestId, event }) {
      return new Promise((resolve) => {
        const isCold = !isReady;
        lastRequestId = requestId;
        running = { requestId, event, isCold, isOwnFault: isCold, resolve };
        // Only a thread with work keeps the process alive.
        worker.ref();
        if (isReady) callHandler(running);
        else setTimer(running, INIT_MS + timeoutMs);
      });
    },
    isAlive: () => isAlive,
    async end() {
      isAlive = false;
      settle('NOT_STARTED');
      await worker.terminate();
    },
  };
}

type Running = Invocation & {
  isCold: boolean;
  /** Whether the end of the thread counts as this invocation's doing: from the call of the handler on, for a cold start before it. */
  isOwnFault: boolean;
  calledAt?: number;
  timer?: NodeJS.Timeout;
  resolve(end: InvocationEnd): void;
};
