/**
 * The program of an execution environment: it loads the handler, then runs one invocation after the
 * other.
 *
 * It runs in a separate process; `runtime-process.ts` is the other end. Everything it reports is
 * written synchronously, as on Lambda. The output of a function that ends its process a moment
 * later still arrives, and a function that logs without end waits for its reader.
 */
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { setImmediate as turnOfEventLoop } from 'node:timers/promises';
import {
  functionError,
  LambdaRuntimeError,
  lambdaErrors,
  MAX_RESPONSE_BYTES,
} from '../common/function-error.ts';
import type { FunctionError } from '../common/invoke-lambda.ts';
import { COMMANDS_FD, createFrameReader, encodeFrame, MAX_LINE, REPORTS_FD } from './frames.ts';
import { type Handler, loadHandler } from './load-handler.ts';
import type { InvokeMessage, RuntimeMessage } from './runtime-messages.ts';

const BYTES_PER_KILOBYTE = 1_024;

const lines = { stdout: sendLines('stdout'), stderr: sendLines('stderr') };
process.on('exit', flush);
// The other end has closed, or was killed. Nothing may be left behind, nor any process that the
// function started.
const commands = new Socket({ fd: COMMANDS_FD, writable: false });
commands.on('close', () => endWithGroup());
commands.on('error', () => endWithGroup());

try {
  const handler = await loadHandler(process.env.LAMBDA_TASK_ROOT ?? '', process.env._HANDLER ?? '');
  const read = createFrameReader(
    Number.POSITIVE_INFINITY,
    (message) => void invoke(handler, message as InvokeMessage),
  );
  commands.on('data', read);
  report({ type: 'ready' });
} catch (thrown) {
  console.error('Init Error', thrown);
  flush();
  report({ type: 'initFailed', error: functionError(thrown) });
}

async function invoke(handler: Handler, { requestId, functionArn, event, deadlineMs }: InvokeMessage) {
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
    // As in Lambda's runtime, work that the handler leaves to this turn still belongs to it.
    await turnOfEventLoop();
    flush();
    if (Buffer.byteLength(payload) > MAX_RESPONSE_BYTES) fail(requestId, lambdaErrors.responseTooLarge());
    else report({ type: 'succeeded', requestId, payload, memoryMb: memoryMb() });
  } catch (thrown) {
    await turnOfEventLoop();
    console.error('Invoke Error', thrown);
    flush();
    fail(requestId, functionError(thrown));
  }
}

function fail(requestId: string, error: FunctionError): void {
  const fits = Buffer.byteLength(JSON.stringify(error)) <= MAX_RESPONSE_BYTES;
  report({
    type: 'failed',
    requestId,
    error: fits ? error : lambdaErrors.responseTooLarge(),
    memoryMb: memoryMb(),
  });
}

function toJson(result: unknown): string {
  try {
    // A function or a symbol has no JSON, which Lambda's runtime treats like undefined.
    return JSON.stringify(result ?? null) ?? 'null';
  } catch (cause) {
    throw new LambdaRuntimeError('Runtime.JSONStringifyError', 'Unable to stringify response body', {
      cause,
    });
  }
}

function memoryMb(): number {
  return Math.ceil(process.resourceUsage().maxRSS / BYTES_PER_KILOBYTE);
}

function report(message: RuntimeMessage): void {
  const frame = encodeFrame(message);
  for (let written = 0; written < frame.length; ) written += writeSync(REPORTS_FD, frame, written);
}

function flush(): void {
  lines.stdout();
  lines.stderr();
}

/**
 * Reports everything written to `level`, by the console or directly, line by line. Returns a
 * function that reports an unfinished line.
 */
function sendLines(level: 'stdout' | 'stderr'): () => void {
  let rest = '';
  process[level].write = (chunk: string | Uint8Array, ...others: unknown[]) => {
    const all = (rest + (typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString())).split('\n');
    rest = all.pop() ?? '';
    for (const line of all) sendLine(line);
    if (rest.length >= MAX_LINE) sendRest();
    const written = others.findLast((other): other is () => void => typeof other === 'function');
    if (written) queueMicrotask(written);
    return true;
  };

  function sendLine(line: string): void {
    for (let start = 0; start === 0 || start < line.length; start += MAX_LINE) {
      report({ type: 'log', level, text: line.slice(start, start + MAX_LINE) });
    }
  }

  function sendRest(): void {
    const line = rest;
    rest = '';
    if (line !== '') sendLine(line);
  }

  return sendRest;
}

function endWithGroup(): never {
  try {
    process.kill(-process.pid, 'SIGKILL');
  } catch {
    // There are no process groups on this platform.
  }
  process.exit(1);
}
