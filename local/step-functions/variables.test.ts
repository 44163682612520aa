import { GetExecutionHistoryCommand, RedriveExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, test } from 'vitest';
import { until } from '../../test/kit/until.ts';
import { failed, inState, task, testMachines } from './machines-for-test.ts';
import { createGate, errorNamed, functionArn, serveStepFunctions } from './serve-for-test.ts';

const only = (state: object, name: string) => ({ StartAt: name, States: { [name]: state } });
const call = (name: string, fields: object) => ({
  ...{ Type: 'Task', Resource: functionArn(name) },
  ...fields,
});
/** A last state that gives the values of these paths. */
const show = (paths: Record<string, string>) => ({
  Type: 'Pass',
  Parameters: Object.fromEntries(Object.entries(paths).map(([name, path]) => [`${name}.$`, path])),
  End: true,
});
const caught = (fields: object) => [{ ErrorEquals: ['States.ALL'], Next: 'End', ...fields }];

testMachines([
  {
    title: 'a state sees the variables of its entry, and the next state what it assigns',
    states: {
      A: { Type: 'Pass', Assign: { x: 1 }, Next: 'B' },
      B: {
        Type: 'Pass',
        Parameters: { 'before.$': '$x' },
        Assign: { 'x.$': '$.before', y: 2, 'z.$': '$x' },
        ResultPath: '$.b',
        OutputPath: '$x',
        Next: 'C',
      },
      C: show({ out: '$', x: '$x', y: '$y', z: '$z' }),
    },
    result: { out: 1, x: 1, y: 2, z: 1 },
  },
  {
    title: 'in Assign only fields with a path or function are filled, also in objects of a list',
    states: {
      A: {
        Type: 'Pass',
        Assign: {
          'path.$': '$.a',
          'call.$': 'States.ArrayLength($.list)',
          literal: '$.a',
          list: ['$.a', { 'b.$': '$.a', c: { 'd.$': '$' } }],
        },
        Next: 'B',
      },
      B: show({ path: '$path', call: '$call', literal: '$literal', list: '$list' }),
    },
    input: { a: 7, list: [1, 2] },
    result: {
      ...{ path: 7, call: 2, literal: '$.a' },
      list: ['$.a', { b: 7, c: { d: { a: 7, list: [1, 2] } } }],
    },
  },
  {
    title: 'Assign has the raw result of a Task, of a Parallel and of a Map',
    states: {
      A: task('echo', {
        Parameters: { r: { s: 1 } },
        ResultSelector: { 'other.$': '$.r.s' },
        ResultPath: '$.a',
        Assign: { 'a.$': '$.r' },
        Next: 'B',
      }),
      B: {
        Type: 'Parallel',
        Branches: [only({ Type: 'Pass', Result: 1, End: true }, 'B1')],
        ResultPath: null,
        Assign: { 'b.$': '$' },
        Next: 'C',
      },
      C: {
        Type: 'Map',
        ItemsPath: '$.items',
        ItemProcessor: only({ Type: 'Pass', End: true }, 'C1'),
        ResultSelector: { 'n.$': 'States.ArrayLength($)' },
        Assign: { 'c.$': '$[1]' },
        Next: 'D',
      },
      D: show({ in: '$', a: '$a', b: '$b', c: '$c' }),
    },
    input: { items: ['x', 'y'] },
    result: { in: { n: 2 }, a: { s: 1 }, b: [1], c: 'y' },
  },
  {
    title: 'Assign has the result of a Pass, and the effective input of a Choice and a Wait',
    states: {
      A: { Type: 'Pass', Result: { r: 1 }, ResultPath: '$.a', Assign: { 'a.$': '$.r' }, Next: 'B' },
      B: { Type: 'Wait', Seconds: 0, InputPath: '$.a', Assign: { 'b.$': '$' }, OutputPath: null, Next: 'C' },
      C: {
        Type: 'Choice',
        Choices: [{ Variable: '$a', NumericEquals: 1, Assign: { 'c.$': '$' }, Next: 'D' }],
        Assign: { c: 'of the state' },
        Default: 'D',
      },
      D: show({ a: '$a', b: '$b', c: '$c' }),
    },
    input: {},
    result: { a: 1, b: { r: 1 }, c: {} },
  },
  {
    title: "a Choice without a match assigns the state's own",
    states: {
      C: {
        Type: 'Choice',
        Choices: [{ Variable: '$.a', NumericEquals: 1, Assign: { c: 'of the rule' }, Next: 'D' }],
        Assign: { c: 'of the state' },
        Default: 'D',
      },
      D: show({ c: '$c' }),
    },
    input: { a: 2 },
    result: { c: 'of the state' },
  },
  {
    title: 'a catcher assigns from the error, and the state then does not',
    states: {
      A: task('declined', {
        Assign: { from: 'the state' },
        Catch: caught({ Assign: { 'error.$': '$.Error', from: 'the catcher' }, ResultPath: null }),
        End: true,
      }),
      End: show({ error: '$error', from: '$from', in: '$.x' }),
    },
    input: { x: 1 },
    result: { error: 'PaymentDeclined', from: 'the catcher', in: 1 },
  },
  {
    title: 'a catcher of a Parallel assigns beside it, and what its branches assigned is gone',
    states: {
      A: {
        Type: 'Parallel',
        Branches: [
          {
            StartAt: 'B',
            States: { B: { Type: 'Pass', Assign: { inner: 1 }, Next: 'C' }, C: task('declined') },
          },
        ],
        Catch: caught({ Assign: { 'error.$': '$.Error' } }),
        End: true,
      },
      End: {
        Type: 'Choice',
        Choices: [{ Variable: '$inner', IsPresent: true, Next: 'Inner' }],
        Default: 'Shown',
      },
      Inner: { Type: 'Fail' },
      Shown: show({ error: '$error' }),
    },
    result: { error: 'PaymentDeclined' },
  },
  {
    title: 'branches and iterations read what is assigned around them, at any depth',
    states: {
      A: { Type: 'Pass', Assign: { one: 1 }, Next: 'B' },
      B: {
        Type: 'Parallel',
        Branches: [
          {
            StartAt: 'C',
            States: {
              C: { Type: 'Pass', Assign: { two: 2 }, Next: 'D' },
              D: {
                Type: 'Map',
                ItemsPath: '$.items',
                ItemSelector: { 'path.$': "States.Format('{}-{}-{}', $one, $two, $$.Map.Item.Index)" },
                ItemProcessor: {
                  StartAt: 'E',
                  States: {
                    E: { Type: 'Pass', Assign: { 'three.$': '$.path' }, Next: 'F' },
                    F: show({ v: 'States.Array($one, $two, $three)' }),
                  },
                },
                End: true,
              },
            },
          },
          only(show({ v: '$one' }), 'G'),
        ],
        End: true,
      },
    },
    input: { items: ['x', 'y'] },
    result: [[{ v: [1, 2, '1-2-0'] }, { v: [1, 2, '1-2-1'] }], { v: 1 }],
  },
  {
    title: 'variables select items, waiting times, concurrency, and the texts of a Fail',
    states: {
      A: {
        ...{ Type: 'Pass', Next: 'B' },
        Assign: { v: { list: [1, 2], n: '1', s: 0, t: '2020-01-01T00:00:00Z', e: 'E', c: 'why' } },
      },
      B: {
        Type: 'Map',
        ItemsPath: '$v.list',
        MaxConcurrencyPath: '$v.n',
        ItemProcessor: only({ Type: 'Pass', InputPath: '$v.n', End: true }, 'B1'),
        Assign: { 'items.$': '$' },
        Next: 'C',
      },
      C: { Type: 'Wait', SecondsPath: '$v.s', Next: 'D' },
      D: { Type: 'Wait', TimestampPath: '$v.t', Next: 'E' },
      E: {
        Type: 'Choice',
        Choices: [{ Variable: '$items[1]', StringEqualsPath: '$v.n', Next: 'F' }],
        Default: 'A',
      },
      F: { Type: 'Fail', ErrorPath: '$v.e', CausePath: '$v.c' },
    },
    result: failed('E', 'why'),
  },
  {
    title: 'a variable that nothing has assigned fails the execution, and nothing catches it',
    states: {
      A: task('echo', { Parameters: { 'x.$': '$none.id' }, Catch: caught({}), End: true }),
      End: { Type: 'Succeed' },
    },
    result: failed(
      'States.Runtime',
      inState(
        'A',
        "The JSONPath '$none.id' specified for the field 'x.$' could not be found in the input '{}'",
      ),
    ),
  },
  {
    title: 'a state may assign 256 KiB',
    states: {
      A: task('half', { Assign: { 'x.$': '$', 'y.$': '$' }, ResultPath: null, End: true }),
    },
    result: failed('States.DataLimitExceeded', expect.stringContaining("'A'")),
  },
  {
    title: 'the variables of an execution may have 10 MiB',
    states: {
      ...Object.fromEntries(
        Array.from({ length: 60 }, (_, i) => [
          `S${i}`,
          task('half', { Assign: { [`v${i}`]: 0, [`w${i}.$`]: '$' }, ResultPath: null, Next: `S${i + 1}` }),
        ]),
      ),
      S60: { Type: 'Succeed' },
    },
    result: failed('States.DataLimitExceeded', expect.stringContaining('10485760 bytes')),
  },
]);

test('variables survive a restart and a redrive, and those of an iteration stay in it', async () => {
  const gate = createGate();
  let isRepaired = false;
  const path = {
    'path.$': "States.Format('{}/{}', $before, $$.Map.Item.Index)",
    'value.$': '$$.Map.Item.Value',
  };
  const seen = { 'before.$': '$before', 'path.$': '$path', 'at.$': '$$.State.EnteredTime' };
  await using service = await serveStepFunctions({
    definitions: {
      order: {
        StartAt: 'A',
        States: {
          A: call('give', { Assign: { 'before.$': '$' }, ResultPath: null, Next: 'M' }),
          M: {
            Type: 'Map',
            ItemsPath: '$.items',
            ItemSelector: path,
            ItemProcessor: {
              StartAt: 'I',
              States: {
                I: { Type: 'Pass', Assign: { 'path.$': '$.path' }, OutputPath: '$.value', Next: 'B' },
                B: call('work', { Parameters: seen, End: true }),
              },
            },
            End: true,
          },
        },
      },
    },
    functions: {
      give: () => 'p',
      async work({ path: text }: { path: string }, index: number) {
        if (text === 'p/1' && !isRepaired) {
          if (index < 2) await gate.pass();
          throw errorNamed('Broken');
        }
        return text;
      },
    },
  });
  const arn = await service.start('order', { items: ['x', 'y'] });
  await until(async () => (await service.history(arn)).some(({ type }) => type === 'MapIterationSucceeded'));
  await until(() => service.lambda.count('work') === 2);
  await service.restart();
  expect(await service.ended(arn)).toMatchObject({ status: 'FAILED', error: 'Broken' });
  isRepaired = true;
  await service.client.send(new RedriveExecutionCommand({ executionArn: arn }));
  expect(await service.ended(arn)).toMatchObject({ status: 'SUCCEEDED', output: '["p/0","p/1"]' });
  const payloads = service.lambda.calls
    .filter(({ name }) => name === 'work')
    .map(({ payload }) => payload as { path: string });
  const [first, ...others] = payloads.filter((payload) => payload.path === 'p/1');
  expect(first).toMatchObject({ before: 'p', path: 'p/1', at: expect.stringMatching(/^\d{4}-/) });
  expect(others).toEqual([first, first]);
});

test('the history shows what a state has assigned, and nothing of it on request', async () => {
  await using service = await serveStepFunctions({
    definitions: { order: only({ Type: 'Pass', Assign: { 'a.$': '$.x', b: 'text' }, End: true }, 'A') },
  });
  const arn = await service.start('order', { x: { y: 1 } });
  await service.ended(arn);
  const exit = (await service.history(arn)).find(({ type }) => type === 'PassStateExited');
  expect(exit?.stateExitedEventDetails).toEqual({
    ...{ name: 'A', output: '{"x":{"y":1}}', outputDetails: { truncated: false } },
    assignedVariables: { a: '{"y":1}', b: '"text"' },
    assignedVariablesDetails: { truncated: false },
  });
  const { events = [] } = await service.client.send(
    new GetExecutionHistoryCommand({ executionArn: arn, includeExecutionData: false }),
  );
  expect(events.map((event) => event.stateExitedEventDetails?.assignedVariables)).toEqual(
    events.map(() => undefined),
  );
});

test('a state that a loop enters again is entered at another time', async () => {
  await using service = await serveStepFunctions({
    definitions: {
      loop: {
        StartAt: 'A',
        States: {
          A: { Type: 'Pass', Next: 'M' },
          M: {
            Type: 'Map',
            ItemsPath: '$.items',
            ItemProcessor: only(
              call('note', { Parameters: { 'at.$': '$$.State.EnteredTime', 'item.$': '$' }, End: true }),
              'B',
            ),
            ResultPath: null,
            Next: 'C',
          },
          C: {
            Type: 'Choice',
            Choices: [{ Variable: '$count', IsPresent: true, Next: 'End' }],
            Default: 'Again',
          },
          Again: { Type: 'Pass', Assign: { count: 1 }, Next: 'M' },
          End: { Type: 'Succeed' },
        },
      },
    },
    functions: { note: () => null },
  });
  await service.ended(await service.start('loop', { items: [1, 2, 3] }));
  const times = service.lambda.calls.map(({ payload }) => JSON.stringify(payload));
  expect(times).toHaveLength(6);
  expect(new Set(times)).toHaveLength(6);
});
