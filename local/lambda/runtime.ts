/**
 * What runs inside an execution environment: loads the handler, then answers one `invoke` message after the other.
 *
 * It is the entry file of a worker thread; `environment.ts` is its other end.
 */
import { setImmediate as turnOfEventLoop } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { type FunctionError, functionError, LambdaRuntimeError } from './function-error.ts';
import { type Handler, loadHandler } from './load-handler.ts';

/** What the thread is started with, beside its environment variables. */
export type RuntimeData = { codeDir: string; handler: string; requestId: string };

/** Starts one invocation. `event` is JSON text, `deadlineMs` a date. */
export type InvokeMessage = {
  requestId: string;
  functionArn: string;
  event: string;
  deadlineMs: number;
};

/** What the thread reports. `payload` is JSON text. After `initFailed` it is of no more use. */
export type RuntimeMessage =
  | { type: 'ready' }
  | { type: 'started'; requestId: string }
  | { type: 'succeeded'; requestId: string; payload: string }
  | { type: 'failed'; requestId: string; error: FunctionError }
  | { type: 'initFailed'; error: FunctionError }
  | { type: 'log'; requestId: string; level: 'stdout' | 'stderr'; text: string };

if (!parentPort) throw new Error('expected to be started as a worker thread, got started as a program');
const port = parentPort;
const { codeDir, handler: setting, requestId: firstRequestId }: RuntimeData = workerData;
let currentRequestId = firstRequestId;

const report = (message: RuntimeMessage) => port.postMessage(message);

for (const level of ['stdout', 'stderr'] as const) sendLines(level);

try {
  const handler = await loadHandler(codeDir, setting);
  port.on('message', (message: InvokeMessage) => void invoke(handler, message));
  report({ type: 'ready' });
} catch (thrown) {
  console.error('Init Error', thrown);
  report({ type: 'initFailed', error: functionError(thrown) });
}

async function invoke(handler: Handler, { requestId, functionArn, event, deadlineMs }: InvokeMessage) {
  currentRequestId = requestId;
  report({ type: 'started', requestId });
  const context = {
    awsRequestId: requestId,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: functionArn,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  };
  try {
    const payload = toJson(await handler(JSON.parse(event), context));
    // As Lambda's runtime does: what the handler has left to this turn still counts as its own.
    await turnOfEventLoop();
    report({ type: 'succeeded', requestId, payload });
  } catch (thrown) {
    await turnOfEventLoop();
    console.error('Invoke Error', thrown);
    report({ type: 'failed', requestId, error: functionError(thrown) });
  }
}

function toJson(result: unknown): string {
  try {
    // A function or a symbol has no JSON at all, which Lambda's runtime answers like undefined.
    return JSON.stringify(result ?? null) ?? 'null';
  } catch (cause) {
    throw new LambdaRuntimeError('Runtime.JSONStringifyError', 'Unable to stringify response body', {
      cause,
    });
  }
}

/** Everything written to `level`, by console or by hand, is reported line by line under the invocation of that moment. */
function sendLines(level: 'stdout' | 'stderr'): void {
  let rest = '';
  process[level].write = (chunk: string | Uint8Array, ...others: unknown[]) => {
    const lines = (rest + (typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString())).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) report({ type: 'log', requestId: currentRequestId, level, text });
    const written = others.findLast((other): other is () => void => typeof other === 'function');
    if (written) queueMicrotask(written);
    return true;
  };
}
