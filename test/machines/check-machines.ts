/**
 * Runs random machines as they are deployed, with crashes and redrives, and compares what their
 * steps see and write with the same machine as its author wrote it.
 */
import { createHash, randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import type { Context } from 'aws-lambda';
import fc from 'fast-check';
import { dataKey } from '../../core/keys.ts';
import { step } from '../../core/step/step.ts';
import { checkStates } from '../../infra/check-states.ts';
import { deployedMachine } from '../../infra/deployed-machine.ts';
import type { Machine } from '../../infra/task-states.ts';
import type { InvokeLambda } from '../../local/common/invoke-lambda.ts';
import { ExecutionStore } from '../../local/step-functions/execution/execution-store.ts';
import { Executions } from '../../local/step-functions/executions.ts';
import { until } from '../kit/until.ts';
import { serveMemoryS3 } from './memory-s3.ts';
import { type Behavior, INPUT, machineOf, nodes, type RandomMachine } from './random-machine.ts';

const BUCKET_NAME = 'memory';
const ARN = 'arn:aws:states:us-east-1:000000000000:execution:m:e';

/** What disturbs an execution. */
type Troubles = {
  /** After how many transactions each crash comes. */
  crashes: number[];
  /** Which invocations fail without a Retry, so that the execution is redriven. */
  outages: { call: number; place: 'before' | 'after' }[];
};

/** A run of a step that ended well: the step and the state that it saw. */
type Seen = { step: string; state: unknown };

const troubles = fc.record({
  crashes: fc.array(fc.integer({ min: 1, max: 25 }), { maxLength: 3 }),
  outages: fc.array(
    fc.record({ call: fc.nat(25), place: fc.constantFrom('before' as const, 'after' as const) }),
    { maxLength: 3 },
  ),
});

/** Checks as many random machines. Throws the smallest one that fails, and its seed. */
export async function checkMachines(options: { count: number; seed?: number; onProgress?: () => void }) {
  await using s3 = await serveMemoryS3();
  const counts = { machines: 0, documents: 0, redrives: 0, crashes: 0 };
  const property = fc.asyncProperty(nodes, troubles, async (line, disturbed) => {
    const random = machineOf(line);
    checkStates('random', random.machine);
    const process = dataKey({ owner: 'random', processId: randomUUID(), definition: 'random' });
    const seen = await runPlain(random, process);
    const run = await runDeployed(random, process, disturbed, s3.objects);
    compare(random, seen, run.written);
    counts.machines++;
    counts.documents += run.written.length;
    counts.redrives += run.redrives;
    counts.crashes += run.crashes;
    options.onProgress?.();
  });
  const { count: numRuns, seed } = options;
  await fc.assert(property, { numRuns, includeErrorInReport: true, ...(seed === undefined ? {} : { seed }) });
  return counts;
}

/** The machine as its author wrote it, without trouble. Its functions are the steps. */
async function runPlain({ machine, behaviors }: RandomMachine, process: string): Promise<Seen[]> {
  const seen: Seen[] = [];
  const invoke: InvokeLambda = async (name, state) => {
    const error = permanentError(behaviors, name, state);
    if (error) return failed(error);
    seen.push({ step: name, state });
    return { ok: true, payload: routeOf(name, state) };
  };
  const { status } = await execute(machine, process, invoke, []);
  if (status !== 'SUCCEEDED') throw new Error(`The plain machine ended as ${status}`);
  return seen;
}

/** The deployed machine with its real steps. Returns what they have written. */
async function runDeployed(
  { machine, behaviors }: RandomMachine,
  process: string,
  { crashes, outages }: Troubles,
  objects: ReadonlyMap<string, { body: string }>,
): Promise<{ written: Seen[]; redrives: number; crashes: number }> {
  const ran = new Set<string>();
  const run = (name: string, state: unknown, attempt: number) => {
    const { flaky = 0, again = false } = behaviors.get(name) ?? {};
    const error = permanentError(behaviors, name, state);
    if (error) throw named(error);
    if (attempt <= flaky) throw named('Flaky');
    const first = JSON.stringify([name, state]);
    if (again && !ran.has(first)) {
      ran.add(first);
      throw named('Again');
    }
    return { output: { step: name, state }, route: routeOf(name, state) };
  };
  let calls = 0;
  const invoke: InvokeLambda = async (name, payload) => {
    const call = calls++;
    const outage = outages.find((each) => each.call === call)?.place;
    const { document } = payload as { document: string };
    const isWritten = objects.has(document);
    const handler = step({
      reads: {},
      run: (_, { state, attempt }) => {
        if (isWritten) throw new Error(`${document} was written, but its step ran again`);
        return run(name, state, attempt);
      },
    });
    try {
      if (outage === 'before') throw named('Down');
      const response = await handler(payload, { getRemainingTimeInMillis: () => 60_000 } as Context);
      if (outage === 'after') throw named('Down');
      return { ok: true, payload: response };
    } catch (error) {
      return failed((error as Error).name, (error as Error).message);
    }
  };
  const deployed = deployedMachine(machine, new Set());
  const inBucket = JSON.parse(JSON.stringify(deployed).replaceAll(`\${bucket}`, BUCKET_NAME)) as Machine;
  const { status, cause, ...counts } = await execute(inBucket, process, invoke, crashes);
  if (status !== 'SUCCEEDED') throw new Error(`The deployed machine ended as ${status}: ${cause}`);
  const keys = [...objects.keys()].filter((key) => key.startsWith(`${process}/`));
  return { ...counts, written: keys.map((key) => JSON.parse(objects.get(key)?.body ?? '') as Seen) };
}

/** Runs a machine to its success, over crashes, and with a redrive after each failure. */
async function execute(
  machine: Machine,
  processData: string,
  invoke: InvokeLambda,
  crashes: readonly number[],
) {
  using database = new DatabaseSync(':memory:');
  let untilCrash = Number.POSITIVE_INFINITY;
  class CrashingStore extends ExecutionStore {
    override transaction<T>(work: () => T, options?: { durable?: boolean }): T {
      const result = super.transaction(work, options);
      if (--untilCrash === 0) void executions.close();
      return result;
    }
  }
  const pending = new Set<Promise<unknown>>();
  const invokeLambda: InvokeLambda = (arn, payload, signal) => {
    const name = arn.slice(2, -1);
    const invoked = invoke(name, payload);
    pending.add(invoked);
    void invoked.finally(() => pending.delete(invoked));
    const stopped = new Promise<never>((_, reject) =>
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true }),
    );
    return Promise.race([invoked, stopped]);
  };
  const open = () =>
    new Executions({
      store: new CrashingStore(database),
      ...{ invokeLambda, emit: () => undefined, isDeleted: () => false, isAllowed: () => true },
      logger: {
        error(message, cause) {
          throw new Error(message, { cause });
        },
      },
    });
  const store = new ExecutionStore(database);
  const definitionHash = store.addDefinition(JSON.stringify(machine));
  const names = { arn: ARN, stateMachineArn: 'm', stateMachineName: 'm', roleArn: 'r', name: 'e' };
  const input = JSON.stringify({ processData, ...INPUT });
  let executions = open();
  executions.start({ ...names, definitionHash, input, traceHeader: null });
  let redrives = 0;
  for (const transactions of [...crashes, Number.POSITIVE_INFINITY]) {
    untilCrash = transactions;
    for (;;) {
      await until(() => executions.runningCount() === 0);
      const execution = store.execution(ARN);
      if (execution?.status !== 'FAILED' || !/^(Down|Again)$/.test(execution.error ?? '')) break;
      redrives++;
      executions.redrive(execution, { redriveMs: Date.now(), redriveTokens: '[]' });
    }
    if (transactions === Number.POSITIVE_INFINITY) break;
    await executions.close();
    executions = open();
    executions.resume();
  }
  while (pending.size > 0) await Promise.allSettled(pending);
  const { status, cause } = store.execution(ARN) ?? {};
  return { status, cause, redrives, crashes: crashes.length };
}

/** Throws if the documents are not those of the plain run, one for each entry. */
function compare({ behaviors }: RandomMachine, seen: readonly Seen[], written: readonly Seen[]): void {
  for (const [name, { repeats }] of behaviors) {
    const of = (list: readonly Seen[]) => {
      const states = list.filter(({ step }) => step === name).map(({ state }) => JSON.stringify(state));
      return (repeats ? [...new Set(states)] : states).sort();
    };
    const [expected, actual] = [of(seen), of(written)];
    if (JSON.stringify(expected) === JSON.stringify(actual)) continue;
    throw new Error(
      `Step ${name}: expected ${expected.length} documents of the states ${expected.join(' ')}, got ${actual.length} of ${actual.join(' ')}`,
    );
  }
}

function permanentError(
  behaviors: ReadonlyMap<string, Behavior>,
  name: string,
  state: unknown,
): string | undefined {
  const { breaks } = behaviors.get(name) ?? {};
  if (breaks === 'always') return 'Broken';
  const { left } = (state ?? {}) as { left?: unknown[] };
  return breaks === 'left' && left?.length ? 'Broken' : undefined;
}

/** A small result that depends on the step and its state. */
function routeOf(name: string, state: unknown): { v: number; of: string } {
  const hash = createHash('md5')
    .update(JSON.stringify([name, state]))
    .digest();
  return { v: (hash[0] ?? 0) % 2, of: hash.toString('hex').slice(0, 6) };
}

function named(name: string): Error {
  return Object.assign(new Error(`${name} happened`), { name });
}

function failed(errorType: string, errorMessage = `${errorType} happened`) {
  return { ok: false as const, error: { errorType, errorMessage } };
}
