/**
 * The fuzzer sends seeded inputs to all endpoints of a local runtime in a separate process. The
 * runtime must respond to each of them, and must blame the caller for invalid ones.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createProcessClient } from '../../client/index.ts';
import { type KeptRuntime, keepRuntime } from '../chaos/runtime.ts';
import { brokenInput, pathInput, pipelinedInput, realtimeInput } from './connection-input.ts';
import { createDice, type Dice } from './dice.ts';
import { graphQlInput } from './graphql-input.ts';
import type { Input, Target } from './http-bytes.ts';
import { s3Input } from './s3-input.ts';
import { type Reception, send, statusesIn } from './send.ts';
import { lambdaInput, sqsInput, stepFunctionsInput } from './service-input.ts';

const APP = join(import.meta.dirname, '../app.ts');
const ORDER = JSON.parse(readFileSync(join(import.meta.dirname, '../../examples/order.json'), 'utf8'));
const IN_FLIGHT = 16;
/**
 * Internal errors that the runtime logs, with a stack, and warnings of Node. Functions log under
 * their names.
 */
const COMPLAINT =
  /^\s+at |^(?:AppSync|S3|SQS|Step Functions): |^Lambda: Invoke |^[A-Z]+ \S+ failed|^\(node:\d+\) /;
const GONE = 'the runtime is gone';
/** The limit of the runtime's process, whatever it receives: twice the need of 100,000 inputs. */
export const MAX_MEMORY_MB = 1_000;
/** The first violations are enough. */
const MAX_VIOLATIONS = 20;

/** An input without a proper response. */
type Violation = { index: number; label: string; problem: string; sent: string; received: string };

/** The result of a run. */
export type FuzzOutcome = {
  sent: number;
  violations: Violation[];
  /** The number of inputs by label and status; `closed` if there was no response. */
  statuses: Map<string, Map<number | 'closed', number>>;
  /** Internal errors that the runtime logged. */
  complaints: string[];
  /** All bytes sent and received, only on request. */
  exchanges: { sent: string; received: string }[];
  /** The status of an order that was started after the last input. */
  orderStatus: string;
  /** Resident memory of the runtime's process; undefined if the system does not report it. */
  memoryMb: { atStart: number; highest: number; atEnd: number } | undefined;
};

/**
 * Sends the inputs `from` to `from + count - 1` of a seed. The runtime stores its data in `folder`,
 * which must be empty.
 */
export async function fuzz(options: {
  seed: number;
  count: number;
  from?: number;
  /** Whether to return all bytes sent and received. */
  keepAll?: boolean;
  folder: string;
  onProgress?: (sent: number) => void;
}): Promise<FuzzOutcome> {
  const { seed, count, from = 0, keepAll = false, folder, onProgress } = options;
  const complaints: string[] = [];
  const runtime = await keepRuntime(folder, APP, undefined, (line) => {
    if (COMPLAINT.test(line)) complaints.push(line);
  });
  try {
    const target = targetOf(runtime);
    const memory = memoryOf(runtime);
    const violations: Violation[] = [];
    const statuses: FuzzOutcome['statuses'] = new Map();
    const exchanges: FuzzOutcome['exchanges'] = [];
    let next = from;
    const work = async () => {
      while (next < from + count && violations.length < MAX_VIOLATIONS) {
        const index = next++;
        const input = await makeInput(seed, index, target);
        const reception = await send(Number(new URL(target.outputs.endpoint).port), input);
        countStatus(statuses, input, reception);
        if (keepAll) exchanges.push({ sent: sentBy(input), received: reception.text });
        const problem = problemOf(input, reception);
        if (problem !== undefined) violations.push(violationOf(index, input, problem, reception));
        memory.look();
        onProgress?.(next - from);
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, work));
    const isGone = violations.some(({ problem }) => problem === GONE);
    const orderStatus = isGone ? 'nothing' : await orderStatusOf(runtime);
    return {
      sent: next - from,
      violations,
      statuses,
      exchanges,
      complaints,
      orderStatus,
      memoryMb: memory.found(),
    };
  } finally {
    await runtime.stop();
  }
}

/**
 * Returns the input of this number. It is the same each time, apart from URLs, credentials and the
 * time of signatures.
 */
async function makeInput(seed: number, index: number, target: Target): Promise<Input> {
  const dice = createDice(seed, index);
  const input = await wellFormedInput(dice, target);
  return dice.chance(0.08) && input.expects === 'response' ? brokenInput(dice, input) : input;
}

async function wellFormedInput(dice: Dice, target: Target): Promise<Input> {
  const share = dice.below(100);
  if (share < 35) return s3Input(dice, target);
  if (share < 55) return graphQlInput(dice, target);
  if (share < 65) return stepFunctionsInput(dice, target);
  if (share < 73) return sqsInput(dice, target);
  if (share < 76) return lambdaInput(dice, target);
  if (share < 86) return realtimeInput(dice, target);
  if (share < 95) return pathInput(dice, target);
  return pipelinedInput(dice, target, [await s3Input(dice, target)]);
}

function targetOf(runtime: KeptRuntime): Target {
  const {
    AWS_ACCESS_KEY_ID = '',
    AWS_SECRET_ACCESS_KEY = '',
    AWS_SESSION_TOKEN = '',
  } = runtime.operatorEnvironment();
  return {
    host: new URL(runtime.outputs.endpoint).host,
    outputs: runtime.outputs,
    credentials: {
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      sessionToken: AWS_SESSION_TOKEN,
    },
  };
}

/** Returns the problem of a response, or undefined. */
function problemOf(input: Input, { text, closed, error }: Reception): string | undefined {
  if (error === 'ECONNREFUSED') return GONE;
  if (!closed) return 'the connection was not closed in time';
  const statuses = statusesIn(text);
  if (input.expects === 'response' && statuses.length === 0) return `no response (${error ?? 'closed'})`;
  const wrong = statuses.find((status) => status >= 500 && status !== 501);
  if (wrong !== undefined) return `status ${wrong}`;
  // The response to HEAD has no body to hold the name.
  const mayHaveNoBody = sentBy(input).includes('HEAD ');
  if (statuses.includes(501) && !mayHaveNoBody && !/NotImplemented|UnsupportedOperation/.test(text)) {
    return 'a 501 without a name';
  }
  const internal = /"(?:errorType|__type)":"[\w.#]*(?:Internal|Lambda:)\w*|<Code>Internal\w*/.exec(text)?.[0];
  return internal && `an error of the runtime: ${internal}`;
}

function countStatus(statuses: FuzzOutcome['statuses'], { label }: Input, { text }: Reception): void {
  const byStatus = statuses.get(label) ?? new Map<number | 'closed', number>();
  const status = statusesIn(text).at(-1) ?? 'closed';
  byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
  statuses.set(label, byStatus);
}

function violationOf(index: number, input: Input, problem: string, { text }: Reception): Violation {
  return {
    index,
    label: input.label,
    problem,
    sent: JSON.stringify(sentBy(input)),
    received: JSON.stringify(text),
  };
}

function sentBy({ parts }: Input): string {
  return Buffer.concat(parts.map(({ bytes }) => bytes)).toString('latin1');
}

async function orderStatusOf({ outputs }: KeptRuntime): Promise<string> {
  using client = createProcessClient(outputs);
  const { processId } = await client.start('order', ORDER);
  return (await client.wait(processId, { timeoutMs: 120_000 })).status;
}

function memoryOf(runtime: KeptRuntime) {
  const atStart = residentMb(runtime.pid());
  let highest = atStart ?? 0;
  return {
    look() {
      highest = Math.max(highest, residentMb(runtime.pid()) ?? 0);
    },
    found(): FuzzOutcome['memoryMb'] {
      const atEnd = residentMb(runtime.pid());
      return atStart === undefined || atEnd === undefined ? undefined : { atStart, highest, atEnd };
    },
  };
}

/** Of Linux only: https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
function residentMb(pid: number | undefined): number | undefined {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes === undefined ? undefined : Math.round(Number(kilobytes) / 1024);
  } catch {
    return undefined;
  }
}
