import { lambdaErrors } from '../common/function-error.ts';
import type { FunctionError } from '../common/invoke-lambda.ts';
import type { LambdaFunction, LogLine } from './function.ts';
import type { Reaper } from './reaper.ts';
import type { RuntimeMessage } from './runtime-messages.ts';
import { type ProcessEnd, type RuntimeProcess, startRuntimeProcess } from './runtime-process.ts';

/** One invocation. `event` is JSON text. */
export type Invocation = { requestId: string; event: string };

/**
 * The end of an invocation. `payload` is JSON text. `NOT_STARTED`: the environment ended before it
 * called the handler, because of leftovers of an earlier invocation or because it was stopped.
 * Another environment can then run the invocation.
 */
export type InvocationEnd = { payload: string } | { error: FunctionError } | 'NOT_STARTED';

/** One execution environment: a process that runs one invocation at a time. */
export type Environment = {
  run(invocation: Invocation): Promise<InvocationEnd>;
  /** Returns false after a timeout, a crash or `end`: it accepts no further invocation. */
  isAlive(): boolean;
  /** Returns the time from its start until it could call the handler; undefined until then. */
  initMs(): number | undefined;
  /** Stops the process, also during an invocation. */
  end(): Promise<void>;
};

/**
 * Lambda's limit for the initialization. A longer one is repeated within the function's own time.
 */
const INIT_MS = 10_000;

/** The options of a {@link ProcessEnvironment}. */
type EnvironmentOptions = {
  fn: LambdaFunction;
  /** All environment variables that the process sees. */
  variables: Record<string, string>;
  /** Receives what the process writes, and Lambda's own START, END and REPORT lines. */
  onLog: (line: LogLine) => void;
  /** The invocation that the environment is started for. */
  firstRequestId: string;
  reaper: Reaper;
};

/**
 * An execution environment in a process.
 *
 * An error while the handler is loaded is the first invocation's error. The function's time begins
 * when its handler is called.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 */
export class ProcessEnvironment implements Environment {
  readonly #fn: LambdaFunction;
  readonly #onLog: (line: LogLine) => void;
  readonly #timeoutMs: number;
  readonly #startedAt = performance.now();
  readonly #runtime: RuntimeProcess;
  #initMs: number | undefined;
  #isAlive = true;
  #running: Running | undefined;
  /** The invocation that the process started last, which its log lines belong to. */
  #loggingRequestId: string;

  constructor({ fn, variables, onLog, firstRequestId, reaper }: EnvironmentOptions) {
    this.#fn = fn;
    this.#onLog = onLog;
    this.#timeoutMs = fn.timeoutSeconds * 1000;
    this.#loggingRequestId = firstRequestId;
    this.#runtime = startRuntimeProcess(fn, variables, reaper, {
      onMessage: (message) => this.#receive(message),
      onOutput: (level, text) => this.#log(level, text, this.#loggingRequestId),
      onEnd: (end) => this.#fail((requestId) => errorOf(end, requestId)),
    });
  }

  run({ requestId, event }: Invocation): Promise<InvocationEnd> {
    return new Promise((resolve) => {
      const isCold = this.#initMs === undefined;
      const running: Running = { requestId, event, isCold, isOwnFault: isCold, resolve };
      this.#running = running;
      // Only a process with work keeps this one alive.
      this.#runtime.setBusy(true);
      if (isCold) this.#setTimer(running, INIT_MS + this.#timeoutMs);
      else this.#callHandler(running);
    });
  }

  isAlive(): boolean {
    return this.#isAlive;
  }

  initMs(): number | undefined {
    return this.#initMs;
  }

  async end(): Promise<void> {
    this.#isAlive = false;
    this.#settle('NOT_STARTED');
    await this.#runtime.kill();
  }

  #receive(message: RuntimeMessage): void {
    const running = this.#running;
    if (message.type === 'log') {
      this.#log(message.level, message.text, this.#loggingRequestId);
    } else if (message.type === 'ready') {
      this.#initMs = performance.now() - this.#startedAt;
      if (running) this.#callHandler(running);
    } else if (message.type === 'initFailed') {
      this.#fail(() => message.error);
    } else if (running && message.requestId === running.requestId) {
      if (message.type === 'started') {
        running.isOwnFault = true;
        this.#loggingRequestId = message.requestId;
      } else {
        const end = message.type === 'succeeded' ? { payload: message.payload } : { error: message.error };
        this.#settle(end, message.memoryMb);
      }
    }
  }

  /** Ends the environment. The running invocation fails with it, if it may be the cause. */
  #fail(errorFor: (requestId: string) => FunctionError): void {
    this.#isAlive = false;
    const running = this.#running;
    if (running) this.#settle(running.isOwnFault ? { error: errorFor(running.requestId) } : 'NOT_STARTED');
    void this.#runtime.kill();
  }

  #callHandler(invocation: Running): void {
    const { requestId, event } = invocation;
    this.#log('platform', `START RequestId: ${requestId} Version: $LATEST`, requestId);
    this.#setTimer(invocation, this.#timeoutMs);
    invocation.calledAt = performance.now();
    const deadlineMs = Date.now() + this.#timeoutMs;
    this.#runtime.send({ requestId, functionArn: this.#fn.arn, event, deadlineMs });
  }

  #setTimer(invocation: Running, ms: number): void {
    clearTimeout(invocation.timer);
    invocation.timer = setTimeout(() => {
      invocation.isOwnFault = true;
      this.#fail((requestId) => lambdaErrors.timedOut(requestId, this.#fn.timeoutSeconds));
    }, ms);
  }

  #settle(end: InvocationEnd, memoryMb?: number): void {
    const running = this.#running;
    if (!running) return;
    this.#running = undefined;
    clearTimeout(running.timer);
    this.#runtime.setBusy(false);
    if (end !== 'NOT_STARTED') this.#logEnd(running, memoryMb);
    running.resolve(end);
  }

  #logEnd({ requestId, calledAt, isCold }: Running, memoryMb: number | undefined): void {
    if (calledAt === undefined) return;
    const durationMs = performance.now() - calledAt;
    const memory = memoryMb === undefined ? '' : `\tMax Memory Used: ${memoryMb} MB`;
    const init = isCold ? `\tInit Duration: ${(calledAt - this.#startedAt).toFixed(2)} ms` : '';
    this.#log('platform', `END RequestId: ${requestId}`, requestId);
    this.#log(
      'platform',
      `REPORT RequestId: ${requestId}\tDuration: ${durationMs.toFixed(2)} ms\tBilled Duration: ${Math.ceil(durationMs)} ms` +
        `\tMemory Size: ${this.#fn.memoryMb} MB${memory}${init}`,
      requestId,
    );
  }

  #log(level: LogLine['level'], text: string, requestId: string): void {
    this.#onLog({ functionName: this.#fn.name, requestId, level, text });
  }
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
   * Whether the end of the process is attributed to this invocation: from the call of the handler
   * on, for a cold start from the beginning.
   */
  isOwnFault: boolean;
  calledAt?: number;
  timer?: NodeJS.Timeout;
  resolve(end: InvocationEnd): void;
};
