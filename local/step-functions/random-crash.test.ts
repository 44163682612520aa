import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { until } from '../../test/kit/until.ts';
import { ExecutionStore } from './execution/execution-store.ts';
import { Executions } from './executions.ts';
import { createFakeLambda, errorNamed, functionArn } from './serve-for-test.ts';

const only = (state: object, name: string) => ({ StartAt: name, States: { [name]: state } });
const task = (name: string, fields: object = { End: true }) => ({
  ...{ Type: 'Task', Resource: functionArn(name) },
  ...fields,
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

/**
 * What tells the input of a state from that of all others: the last task before, and the iterations
 * around.
 */
const small = { 'd.$': '$.d', 'at.$': '$.at' };
const retry = { Retry: [{ ErrorEquals: ['Flaky'], IntervalSeconds: 0, MaxAttempts: 9 }] };

/**
 * `!` is in the name of a Parallel of which a branch fails, `?` in those of what it may cut off.
 */
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
  const store = new ExecutionStore(database);
  let untilCut = Number.POSITIVE_INFINITY;
  class CutStore extends ExecutionStore {
    override transaction<T>(work: () => T, options?: { durable?: boolean }): T {
      const result = super.transaction(work, options);
      if (--untilCut === 0) void executions.close();
      return result;
    }
  }
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
    new Executions({
      store: new CutStore(database),
      invokeLambda: lambda.invoke,
      emit: ({ detail }) => events.push(detail.status),
      isDeleted: () => false,
      isAllowed: () => true,
      logger: {
        error(message, cause) {
          throw new Error(message, { cause });
        },
      },
    });
  let executions = create();
  const hash = store.addDefinition(JSON.stringify(machineOf(nodes, 's')));
  const items = [[], ['a'], ['a', 'b'], ['a', 'b', 'c'], ['a', 'b', 'c', 'd']];
  const arn = 'arn:aws:states:us-east-1:000000000000:execution:m:e';
  const names = {
    arn,
    stateMachineArn: 'm',
    stateMachineName: 'm',
    roleArn: 'r',
    name: 'e',
    traceHeader: null,
  };
  executions.start({ ...names, definitionHash: hash, input: JSON.stringify({ d: '', at: [], items }) });
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
    { numRuns: 30 },
  );
});
