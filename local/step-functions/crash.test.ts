import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createExecutionStore } from './execution-store.ts';
import { createExecutions } from './executions.ts';
import {
  createFakeLambda,
  createGate,
  errorNamed,
  functionArn,
  serveStepFunctions,
  until,
} from './serve-for-test.ts';

const only = (state: object, name = 'A') => ({ StartAt: name, States: { [name]: state } });
const task = (name: string, fields: object = { End: true }) => ({
  Type: 'Task',
  Resource: functionArn(name),
  ...fields,
});

describe('after a restart', () => {
  test('an execution goes on behind the Task that was done, and calls the one that was under way again', async () => {
    const gate = createGate();
    await using service = await serveStepFunctions({
      definitions: {
        order: {
          StartAt: 'A',
          States: { A: task('done', { Next: 'B' }), B: task('underWay', { ResultPath: '$.b', End: true }) },
        },
      },
      functions: { done: () => ({ a: 1 }), underWay: (_, call) => (call === 0 ? gate.pass() : 'second') },
    });
    const arn = await service.start('order');
    await until(() => service.lambda.count('underWay') === 1);
    const before = await service.history(arn);
    await service.restart();
    expect(service.runningCount()).toBe(1);
    const { output } = await service.ended(arn);
    expect(JSON.parse(String(output))).toEqual({ a: 1, b: 'second' });
    expect(service.lambda.count('done')).toBe(1);
    expect(service.lambda.calls.at(-1)).toEqual(service.lambda.calls.at(-2));
    const after = await service.history(arn);
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after.slice(before.length).map(({ type }) => type)).toEqual([
      'LambdaFunctionSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
    expect(service.runningCount()).toBe(0);
    expect(service.events().map(({ detail }) => detail.status)).toEqual(['RUNNING', 'SUCCEEDED']);
  });

  test('attempts that failed are not made again', async () => {
    const gate = createGate();
    await using service = await serveStepFunctions({
      definitions: {
        order: only(
          task('flaky', { Retry: [{ ErrorEquals: ['E'], IntervalSeconds: 1, MaxAttempts: 1 }], End: true }),
        ),
      },
      functions: {
        flaky(_, call) {
          if (call === 1) return gate.pass();
          throw errorNamed('E', `call ${call}`);
        },
      },
    });
    const arn = await service.start('order');
    await until(() => service.lambda.count('flaky') === 2);
    await service.restart();
    expect(await service.ended(arn)).toMatchObject({
      status: 'FAILED',
      error: 'E',
      cause: expect.stringContaining('call 2'),
    });
    expect(service.lambda.count('flaky')).toBe(3);
  });

  test('a Wait goes on until the time that it had, and is not begun again', async () => {
    const wait = { Type: 'Wait', Seconds: 3600, End: true };
    await using service = await serveStepFunctions({ definitions: { wait: only(wait) } });
    const arn = await service.start('wait');
    await until(async () => (await service.history(arn)).length === 2);
    service
      .database()
      .exec(
        "UPDATE sfn_frame SET frame = json_set(frame, '$.waitUntilMs', json_extract(frame, '$.waitUntilMs') - 3600000)",
      );
    await service.restart();
    expect(await service.ended(arn)).toMatchObject({ status: 'SUCCEEDED' });
    expect((await service.history(arn)).map(({ type }) => type)).toEqual([
      ...['ExecutionStarted', 'WaitStateEntered', 'WaitStateExited', 'ExecutionSucceeded'],
    ]);
  });

  test('branches and iterations that were done stay done', async () => {
    const gate = createGate();
    await using service = await serveStepFunctions({
      definitions: {
        order: only({ Type: 'Map', ItemProcessor: only(task('item'), 'I'), End: true }),
      },
      functions: { item: (item: number, call) => (item === 1 && call < 3 ? gate.pass() : item * 10) },
    });
    const arn = await service.start('order', [0, 1, 2]);
    await until(
      async () =>
        (await service.history(arn)).filter(({ type }) => type === 'MapIterationSucceeded').length === 2,
    );
    await service.restart();
    expect((await service.ended(arn)).output).toBe('[0,10,20]');
    expect(service.lambda.calls.map(({ payload }) => payload)).toEqual([0, 1, 2, 1]);
  });

  test('an execution goes on with the definition that it was started with', async () => {
    const gate = createGate();
    await using service = await serveStepFunctions({
      definitions: { order: { StartAt: 'A', States: { A: task('a', { Next: 'B' }), B: task('old') } } },
      functions: { a: (_, call) => call === 0 && gate.pass(), old: () => 'old', new: () => 'new' },
    });
    const arn = await service.start('order');
    await until(() => service.lambda.count('a') === 1);
    await service.restart({ order: only(task('new')) });
    expect((await service.ended(arn)).output).toBe('"old"');
    expect(await service.run('order')).toBe('new');
  });

  test('a time-out of the execution is that of its start', async () => {
    await using service = await serveStepFunctions({
      definitions: { late: { ...only({ Type: 'Wait', Seconds: 3600, End: true }), TimeoutSeconds: 60 } },
    });
    const arn = await service.start('late');
    service.database().exec('UPDATE sfn_execution SET startMs = startMs - 60000');
    await service.restart();
    expect(await service.ended(arn)).toMatchObject({ status: 'TIMED_OUT' });
    expect((await service.history(arn)).at(-1)).toMatchObject({
      type: 'ExecutionTimedOut',
      executionTimedOutEventDetails: { error: 'States.Timeout' },
    });
  });

  test('what has ended is over', async () => {
    await using service = await serveStepFunctions({
      definitions: {
        pass: only({ Type: 'Pass', End: true }),
        wait: only({ Type: 'Wait', Seconds: 3600, End: true }),
      },
    });
    await service.run('pass');
    await service.client.send(new StopExecutionCommand({ executionArn: await service.start('wait') }));
    await service.restart();
    expect(service.runningCount()).toBe(0);
    expect(service.events().length).toBe(4);
  });

  test('executions that ended 90 days ago are forgotten, and their names are free again', async () => {
    await using service = await serveStepFunctions({
      definitions: { pass: only({ Type: 'Pass', End: true }) },
    });
    const arn = await service.start('pass', {}, 'name');
    await service.ended(arn);
    service.database().exec('UPDATE sfn_execution SET stopMs = stopMs - 91 * 86400000');
    await service.restart();
    await expect(service.describe(arn)).rejects.toMatchObject({ name: 'ExecutionDoesNotExist' });
    expect(service.database().prepare('SELECT count(*) AS n FROM sfn_event').get()?.n).toBe(0);
    expect(await service.start('pass', {}, 'name')).toBe(arn);
  });
});

test('an invocation that the closing of Lambda cut off is made again, and has not failed', async () => {
  await using service = await serveStepFunctions({
    definitions: { order: only(task('f')) },
    functions: {
      f(_, call) {
        if (call === 0) throw errorNamed('LambdaClosedError');
        return 'done';
      },
    },
  });
  const arn = await service.start('order');
  await until(() => service.runningCount() === 0);
  expect((await service.describe(arn)).status).toBe('RUNNING');
  await service.restart();
  expect((await service.ended(arn)).output).toBe('"done"');
});

/** A state of a random machine; names are given when the machine is made. */
type Node =
  | { kind: 'task'; fails: number }
  | { kind: 'caught' | 'pass' }
  | { kind: 'parallel' | 'brokenParallel'; branches: Node[][] }
  | { kind: 'map'; count: number; limit: number; inner: Node[] };

const { line } = fc.letrec<{ line: Node[]; node: Node }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 2 },
    fc.record({ kind: fc.constant('task' as const), fails: fc.nat(2) }),
    fc.record({ kind: fc.constantFrom('caught' as const, 'pass' as const) }),
    fc.record({
      kind: fc.constantFrom('parallel' as const, 'brokenParallel' as const),
      branches: fc.array(tie('line'), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('map' as const), count: fc.nat(4), limit: fc.nat(2), inner: tie('line') }),
  ),
  line: fc.array(tie('node'), { minLength: 1, maxLength: 4 }),
}));

/** What tells the input of a state from that of all others: the last task before, and the iterations around. */
const small = { 'd.$': '$.d', 'at.$': '$.at' };
const retry = { Retry: [{ ErrorEquals: ['Flaky'], IntervalSeconds: 0, MaxAttempts: 9 }] };

/** `!` is in the name of a Parallel of which a branch fails, `?` in those of what it may cut off. */
function machineOf(nodes: Node[], prefix: string): { StartAt: string; States: object } {
  const nameOf = (index: number) => `${prefix}${index}${nodes[index]?.kind === 'brokenParallel' ? '!' : ''}`;
  const branchesOf = (node: Node, name: string) =>
    'branches' in node ? node.branches.map((branch, b) => machineOf(branch, `${name}${'abc'[b]}`)) : [];
  const states = nodes.map((node, index) => {
    const name = nameOf(index);
    const transition = index === nodes.length - 1 ? { End: true } : { Next: nameOf(index + 1) };
    const call = { name, 'data.$': '$', 'attempt.$': '$$.State.RetryCount' };
    const caught = [{ ErrorEquals: ['States.ALL'], ResultPath: '$.e', Next: transition.Next ?? `${name}x` }];
    const passedOn = { Parameters: small, ResultPath: '$.r' };
    const state = {
      task: () =>
        task('step', {
          Parameters: { ...call, fails: node.kind === 'task' && node.fails },
          ResultPath: '$.d',
          ...retry,
        }),
      caught: () => task('broken', { Catch: caught }),
      pass: () => ({ Type: 'Pass', Parameters: { ...small, 'r.$': 'States.Array($.d)' } }),
      parallel: () => ({ ...{ Type: 'Parallel', ...passedOn }, Branches: branchesOf(node, name) }),
      brokenParallel: () => ({
        ...{ Type: 'Parallel', ...passedOn, Catch: caught },
        Branches: [only(task('broken'), `${name}?`), ...branchesOf(node, `${name}?`)],
      }),
      map: () => ({
        Type: 'Map',
        ItemsPath: `$$.Execution.Input.items[${node.kind === 'map' && node.count}]`,
        ResultPath: '$.r',
        MaxConcurrency: node.kind === 'map' && node.limit,
        ItemSelector: { 'd.$': '$.d', 'at.$': 'States.Array($$.Map.Item.Index, $.at)' },
        ItemProcessor: node.kind === 'map' && machineOf(node.inner, `${name}m`),
      }),
    }[node.kind]();
    return [
      [name, { ...state, ...transition }],
      ...('Catch' in state && !transition.Next ? [[`${name}x`, { Type: 'Pass', End: true }]] : []),
    ];
  });
  return { StartAt: nameOf(0), States: Object.fromEntries(states.flat()) };
}

/** Runs a machine that is cut off and resumed after each of these numbers of transactions. */
async function runCut(nodes: Node[], cuts: number[]) {
  const database = new DatabaseSync(':memory:');
  const store = createExecutionStore(database);
  let untilCut = Number.POSITIVE_INFINITY;
  const cutStore: typeof store = {
    ...store,
    transaction(work, options) {
      const result = store.transaction(work, options);
      if (--untilCut === 0) void executions.close();
      return result;
    },
  };
  const exits = () =>
    store
      .events(1, 0, 25_000)
      .filter(({ type }) => type === 'TaskStateExited')
      .map(({ details }) => (JSON.parse(String(details?.output)) as { d: string }).d);
  const events: unknown[] = [];
  const lambda = createFakeLambda({
    async step({
      name,
      data,
      attempt,
      fails,
    }: {
      name: string;
      data: unknown;
      attempt: number;
      fails: number;
    }) {
      const id = createHash('md5')
        .update(JSON.stringify([name, data]))
        .digest('hex');
      expect(exits(), 'a task that is done is called again').not.toContain(id);
      for (let turns = Number.parseInt(id.slice(0, 2), 16) % 5; turns > 0; turns--) await setImmediate();
      if (attempt < fails) throw errorNamed('Flaky', id);
      return id;
    },
    async broken() {
      await setImmediate();
      throw errorNamed('Broken');
    },
  });
  const create = () =>
    createExecutions({
      store: cutStore,
      invokeLambda: lambda.invoke,
      emit: ({ detail }) => events.push(detail.status),
      logDefect: (message, error) => {
        throw new Error(message, { cause: error });
      },
    });
  let executions = create();
  const hash = store.addDefinition(JSON.stringify(machineOf(nodes, 's')));
  const items = [[], ['a'], ['a', 'b'], ['a', 'b', 'c'], ['a', 'b', 'c', 'd']];
  const none = { stopMs: null, output: null, error: null, cause: null, redriveMs: null, traceHeader: null };
  const arn = 'arn:aws:states:us-east-1:000000000000:execution:m:e';
  const names = { arn, stateMachineArn: 'm', stateMachineName: 'm', roleArn: 'r', name: 'e' };
  executions.start({
    ...names,
    ...none,
    definitionHash: hash,
    input: JSON.stringify({ d: '', at: [], items }),
    redriveCount: 0,
    redriveTokens: '[]',
  });
  for (const transactions of cuts) {
    untilCut = transactions;
    await until(() => executions.runningCount() === 0);
    await executions.close();
    executions = create();
    executions.resume();
  }
  untilCut = Number.POSITIVE_INFINITY;
  await until(() => executions.runningCount() === 0);
  const history = store.events(1, 0, 25_000);
  const { status, output } = store.execution(arn) ?? {};
  const types = history
    .map(({ type, details }) => `${type} ${details?.name ?? ''} ${details?.index ?? ''}`)
    .sort();
  const count = (pattern: RegExp) => types.filter((type) => pattern.test(type)).length;
  expect(count(/^ParallelStateFailed/)).toBe(count(/^ParallelStateExited .*! $/));
  const isWhole = count(/!/) === 0;
  const frames = store.frames(1).length;
  database.close();
  const ids = history.map(({ id }) => id);
  expect(ids).toEqual(ids.map((_, index) => index + 1));
  // What a failed branch cuts off is chance, and so are all events without a name then.
  return {
    status,
    output,
    events,
    frames,
    types: types.filter((type) => isWhole || /^\w+ [^?]+ \d*$/.test(type)),
  };
}

test('an execution that is cut off at any points ends as one that is not, with the same events and no task done twice', async () => {
  await fc.assert(
    fc.asyncProperty(
      line,
      fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 6 }),
      async (nodes, cuts) => {
        const whole = await runCut(nodes, []);
        const cut = await runCut(nodes, cuts);
        expect(whole).toMatchObject({ status: 'SUCCEEDED', events: ['RUNNING', 'SUCCEEDED'], frames: 0 });
        expect(cut).toEqual(whole);
      },
    ),
    { numRuns: 50 },
  );
});
