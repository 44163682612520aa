import { randomBytes, randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { lambdaErrors, MAX_REQUEST_BYTES } from '../common/function-error.ts';
import type { FunctionError, InvokeLambda, InvokeResult } from '../common/invoke-lambda.ts';
import { ProcessEnvironment } from './environment.ts';
import { EnvironmentPool } from './environment-pool.ts';
import { environmentVariables } from './environment-variables.ts';
import type { LambdaFunction, LogLine } from './function.ts';
import { createReaper } from './reaper.ts';

/** The functions of the template, ready to be invoked. */
export type Lambda = {
  invoke: InvokeLambda;
  /**
   * Invokes as `invoke` does. Each line logged under the request id meanwhile goes to `onLine`.
   */
  invokeLogged(
    functionArn: string,
    payload: unknown,
    requestId: string,
    onLine: (text: string) => void,
  ): Promise<InvokeResult>;
  /** Returns the function of that name or ARN. */
  find(nameOrArn: string): LambdaFunction | undefined;
  /**
   * Replaces the functions. Invocations that are running or waiting end on the code for which they
   * were made. A function without changes keeps its environments.
   */
  update(functions: readonly LambdaFunction[]): void;
  /** Returns the folders of code that an invocation may still need. */
  codeInUse(): string[];
  /** Stops every environment. Running invocations reject with {@link LambdaClosedError}. */
  close(): Promise<void>;
};

/** A function with its environments. */
type Served = { fn: LambdaFunction; pool: EnvironmentPool };

/**
 * Thrown when an invocation is made after `close`, or is interrupted by it. Whether the function
 * has done its work is unknown.
 */
export class LambdaClosedError extends Error {
  override readonly name = 'LambdaClosedError';
  readonly functionArn: string;

  constructor(functionArn: string) {
    super(`Invocation of [${functionArn}] was interrupted by shutdown. Retry after restart.`);
    this.functionArn = functionArn;
  }
}

/**
 * Runs functions as Lambda does with Node.js 24: each concurrent invocation in a separate process.
 * It sees only the variables of the function, Lambda's own, and those of `environmentFor`
 * (credentials and endpoints), which take precedence.
 *
 * Payloads are JSON, at most 6 MB each way. No payload becomes `{}`, no result `null`.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
export function createLambda({
  functions,
  environmentFor,
  onLog,
  region,
  whyNotServed = () => undefined,
}: {
  functions: readonly LambdaFunction[];
  environmentFor(fn: LambdaFunction): Record<string, string>;
  onLog(line: LogLine): void;
  region: string;
  /** Returns why the runtime cannot run a function of the template. */
  whyNotServed?(functionArn: string): string | undefined;
}): Lambda {
  let served = new Map(functions.map((fn) => [fn.arn, serve(fn)]));
  /** Replaced functions with invocations. */
  const retiring = new Set<Served>();
  const reaper = createReaper();
  const listeners = new Map<string, (text: string) => void>();
  let isClosed = false;

  function serve(fn: LambdaFunction): Served {
    const pool = new EnvironmentPool((firstRequestId) => {
      const variables = { ...environmentVariables(fn, region, newLogStreamName()), ...environmentFor(fn) };
      return new ProcessEnvironment({ fn, variables, onLog: log, firstRequestId, reaper });
    });
    return { fn, pool };
  }

  function log(line: LogLine): void {
    listeners.get(line.requestId)?.(line.text);
    onLog(line);
  }

  const lambda: Lambda = {
    async invoke(functionArn, payload, signal, requestId = randomUUID()) {
      signal?.throwIfAborted();
      if (isClosed) throw new LambdaClosedError(functionArn);
      const unqualified = functionArn.replace(/:\$LATEST$/, '');
      const pool = served.get(unqualified)?.pool;
      if (!pool) return { ok: false, error: missing(functionArn, whyNotServed(unqualified)) };
      const event = JSON.stringify(payload) ?? '{}';
      if (Buffer.byteLength(event) > MAX_REQUEST_BYTES)
        return { ok: false, error: lambdaErrors.requestTooLarge() };

      const end = await pool.run({ requestId, event }, signal);
      if (end === 'NOT_STARTED') throw new LambdaClosedError(functionArn);
      if ('error' in end) return { ok: false, error: end.error };
      return parseResult(end.payload);
    },
    async invokeLogged(functionArn, payload, requestId, onLine) {
      listeners.set(requestId, onLine);
      try {
        return await lambda.invoke(functionArn, payload, undefined, requestId);
      } finally {
        listeners.delete(requestId);
      }
    },
    find: (nameOrArn) =>
      [...served.values()].find(({ fn }) => fn.name === nameOrArn || fn.arn === nameOrArn)?.fn,
    update(functions) {
      const before = served;
      served = new Map(
        functions.map((fn) => {
          const known = before.get(fn.arn);
          return [fn.arn, known && isSame(known.fn, fn) ? known : serve(fn)];
        }),
      );
      for (const [arn, old] of before) {
        if (served.get(arn) === old) continue;
        retiring.add(old);
        void old.pool.retire().then(() => retiring.delete(old));
      }
    },
    codeInUse: () => [...served.values(), ...retiring].map(({ fn }) => fn.codeDir),
    async close() {
      isClosed = true;
      await Promise.all([...served.values(), ...retiring].map(({ pool }) => pool.close()));
      reaper.close();
    },
  };
  return lambda;
}

function missing(functionArn: string, reason: string | undefined): FunctionError {
  return reason === undefined
    ? lambdaErrors.notFound(functionArn)
    : lambdaErrors.notServed(functionArn, reason);
}

/** Compares the code by the name of its folder, which contains the hash of its files. */
function isSame(a: LambdaFunction, b: LambdaFunction): boolean {
  const comparable = (fn: LambdaFunction) => ({ ...fn, codeDir: basename(fn.codeDir) });
  return isDeepStrictEqual(comparable(a), comparable(b));
}

function parseResult(payload: string): InvokeResult {
  try {
    return { ok: true, payload: JSON.parse(payload) };
  } catch {
    // The function has written to the pipe of its runtime.
    return { ok: false, error: lambdaErrors.notStringified() };
  }
}

function newLogStreamName(): string {
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/');
  return `${day}/[$LATEST]${randomBytes(16).toString('hex')}`;
}
