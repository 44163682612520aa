import { afterAll, beforeAll, expect, test } from 'vitest';
import { errorNamed, functionArn, serveStepFunctions } from './serve-for-test.ts';

type Service = Awaited<ReturnType<typeof serveStepFunctions>>;
type Case = { title: string; states: Record<string, object>; input?: unknown; result: unknown };

const task = (name: string, fields: object = { End: true }) => ({
  Type: 'Task',
  Resource: functionArn(name),
  ...fields,
});
const failed = (error: string | undefined, cause?: unknown) => ({ status: 'FAILED', error, cause });
const inState = (name: string, text: string) =>
  `An error occurred while executing the state '${name}' (entered at the event id #2). ${text}`;

const functions = {
  echo: (payload: unknown) => payload,
  nothing: () => undefined,
  declined: () => {
    throw errorNamed('PaymentDeclined', 'no');
  },
  large: () => 'x'.repeat(262_143),
};

const cases: Case[] = [
  {
    title: 'states run in sequence',
    states: {
      A: task('echo', { ResultPath: '$.a', Next: 'B' }),
      B: task('echo', { ResultPath: '$.b', End: true }),
    },
    input: { x: 1 },
    result: { x: 1, a: { x: 1 }, b: { x: 1, a: { x: 1 } } },
  },
  {
    title: 'a function that returns nothing gives null, also through a bare $',
    states: { A: task('nothing', { ResultSelector: { 'r.$': '$' }, End: true }) },
    result: { r: null },
  },
  {
    title: 'falsy input is passed on',
    states: { A: task('echo', { Parameters: { 'r.$': '$' }, End: true }) },
    input: 0,
    result: { r: 0 },
  },
  {
    title: 'InputPath null gives an empty object, OutputPath null passes one on',
    states: {
      A: task('echo', { InputPath: null, ResultPath: '$.r', Next: 'B' }),
      B: { Type: 'Pass', OutputPath: null, Next: 'C' },
      C: { Type: 'Pass', End: true },
    },
    input: { x: 1 },
    result: {},
  },
  {
    title: 'InputPath and OutputPath select',
    states: { A: task('echo', { InputPath: '$.a.b', ResultPath: '$.r', OutputPath: '$.r', End: true }) },
    input: { a: { b: [7] } },
    result: [7],
  },
  {
    title: 'ResultPath $ replaces the input, ResultPath null keeps it',
    states: {
      A: { Type: 'Pass', Result: 1, ResultPath: '$', Next: 'B' },
      B: { Type: 'Pass', Result: 2, ResultPath: null, End: true },
    },
    result: 1,
  },
  {
    title: 'ResultPath makes the objects on its way',
    states: { A: { Type: 'Pass', Result: 1, ResultPath: '$.a.b', End: true } },
    input: { a: { c: 2 } },
    result: { a: { c: 2, b: 1 } },
  },
  {
    title: 'ResultPath does not go through a text',
    states: { A: { Type: 'Pass', Result: 1, ResultPath: '$.a.b', End: true } },
    input: { a: 'text' },
    result: failed(
      'States.ResultPathMatchFailure',
      'Unable to apply ReferencePath $.a.b to input {"a":"text"}',
    ),
  },
  {
    title: 'a ResultPath that does not fit can be caught',
    states: {
      A: task('echo', {
        ResultPath: '$.a',
        End: true,
        Catch: [{ ErrorEquals: ['States.ResultPathMatchFailure'], Next: 'B' }],
      }),
      B: { Type: 'Pass', Result: 'caught', End: true },
    },
    input: [1],
    result: 'caught',
  },
  {
    title: 'a falsy Result of a Pass is its output',
    states: { A: { Type: 'Pass', Result: false, End: true } },
    input: { x: 1 },
    result: false,
  },
  {
    title: 'a Result is no template',
    states: { A: { Type: 'Pass', Result: { 'a.$': '$.x' }, End: true } },
    input: { x: 1 },
    result: { 'a.$': '$.x' },
  },
  {
    title: 'Parameters of a Pass are filled, also in lists',
    states: { A: { Type: 'Pass', Parameters: { l: [{ 'x.$': '$.x' }], k: 1 }, End: true } },
    input: { x: 1 },
    result: { l: [{ x: 1 }], k: 1 },
  },
  {
    title: 'a field named length is a field, and no property of a list',
    states: {
      A: { Type: 'Pass', Parameters: { 'a.$': '$.parcel.length' }, Next: 'B' },
      B: { Type: 'Pass', InputPath: '$.l.length', End: true },
    },
    input: { parcel: { length: 4 } },
    result: failed(
      'States.Runtime',
      "An error occurred while executing the state 'B' (entered at the event id #4). Invalid path '$.l.length': the InputPath leads to no value in '{\"a\":4}'",
    ),
  },
  {
    title: 'an index leads into lists only',
    states: { A: { Type: 'Pass', Parameters: { 'a.$': '$.s[0]' }, End: true } },
    input: { s: 'text' },
    result: failed(
      'States.Runtime',
      inState(
        'A',
        "The JSONPath '$.s[0]' specified for the field 'a.$' could not be found in the input '{\"s\":\"text\"}'",
      ),
    ),
  },
  {
    title: 'a path that leads to nothing is neither retried nor caught',
    states: {
      A: task('echo', {
        Parameters: { 'a.$': '$.none' },
        End: true,
        Retry: [{ ErrorEquals: ['States.ALL'] }],
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'B' }],
      }),
      B: { Type: 'Pass', End: true },
    },
    result: failed(
      'States.Runtime',
      inState(
        'A',
        "The JSONPath '$.none' specified for the field 'a.$' could not be found in the input '{}'",
      ),
    ),
  },
  {
    title: 'an intrinsic function gives its value',
    states: { A: { Type: 'Pass', Parameters: { 'a.$': "States.Array('it, is', $.x, 3)" }, End: true } },
    input: { x: ['\\'] },
    result: { a: ['it, is', ['\\'], 3] },
  },
  {
    title: 'the context object tells of execution, machine and state',
    states: {
      A: {
        Type: 'Pass',
        Parameters: {
          'name.$': '$$.State.Name',
          'input.$': '$$.Execution.Input.x',
          'machine.$': '$$.StateMachine.Name',
          'role.$': '$$.Execution.RoleArn',
          'redrives.$': '$$.Execution.RedriveCount',
        },
        End: true,
      },
    },
    input: { x: 1 },
    result: {
      name: 'A',
      input: 1,
      machine: 'the context object tells of execution, machine and state',
      role: 'arn:aws:iam::000000000000:role/Machine',
      redrives: 0,
    },
  },
  {
    title: 'inside a branch the context is that of the execution',
    states: {
      P: {
        Type: 'Parallel',
        InputPath: '$.x',
        Branches: [
          {
            StartAt: 'A',
            States: {
              A: {
                Type: 'Pass',
                Parameters: { 'input.$': '$$.Execution.Input', 'state.$': '$$.State.Name' },
                End: true,
              },
            },
          },
        ],
        End: true,
      },
    },
    input: { x: 1 },
    result: [{ input: { x: 1 }, state: 'A' }],
  },

  {
    title: 'a Lambda error fails the execution with its type, and with all of it as the cause',
    states: { A: task('declined') },
    result: failed(
      'PaymentDeclined',
      '{"errorType":"PaymentDeclined","errorMessage":"no","trace":["at the test"]}',
    ),
  },
  {
    title: 'Catch takes the error it names and puts Error and Cause at its ResultPath',
    states: {
      A: task('declined', {
        End: true,
        Catch: [
          { ErrorEquals: ['Other'], Next: 'B' },
          { ErrorEquals: ['PaymentDeclined'], ResultPath: '$.error', Next: 'B' },
        ],
      }),
      B: { Type: 'Pass', End: true },
    },
    input: { x: 1 },
    result: {
      x: 1,
      error: {
        Error: 'PaymentDeclined',
        Cause: '{"errorType":"PaymentDeclined","errorMessage":"no","trace":["at the test"]}',
      },
    },
  },
  {
    title: 'Catch by States.ALL without a ResultPath passes on the error alone',
    states: {
      A: {
        Type: 'Parallel',
        Branches: [{ StartAt: 'F', States: { F: { Type: 'Fail', Error: 'E' } } }],
        End: true,
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'B' }],
      },
      B: { Type: 'Pass', End: true },
    },
    result: { Error: 'E', Cause: '' },
  },
  {
    title: 'States.TaskFailed catches every error of a Task without TimeoutSeconds',
    states: {
      A: task('declined', { End: true, Catch: [{ ErrorEquals: ['States.TaskFailed'], Next: 'B' }] }),
      B: { Type: 'Pass', Result: 'caught', End: true },
    },
    result: 'caught',
  },
  { title: 'a Fail without Error has none', states: { A: { Type: 'Fail' } }, result: failed(undefined) },
  {
    title: 'a Fail takes Error and Cause from paths',
    states: { A: { Type: 'Fail', ErrorPath: '$.e', CausePath: '$.c' } },
    input: { e: 'Out', c: 'of stock' },
    result: failed('Out', 'of stock'),
  },
  {
    title: 'a Fail whose ErrorPath leads to no text fails over that',
    states: { A: { Type: 'Fail', ErrorPath: '$.e' } },
    input: { e: 1 },
    result: failed('States.Runtime', inState('A', "The ErrorPath '$.e' must lead to a string, not to '1'")),
  },
  {
    title: 'a Succeed ends the execution with its output',
    states: { A: { Type: 'Succeed', OutputPath: '$.x' } },
    input: { x: [1] },
    result: [1],
  },
  {
    title: 'a time-out of a Task can be caught',
    states: {
      A: task('forever', {
        TimeoutSeconds: 1,
        End: true,
        Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'B' }],
      }),
      B: { Type: 'Pass', End: true },
    },
    result: { Error: 'States.Timeout', Cause: '' },
  },

  {
    title: 'a result over 256 KiB fails the Task, and States.ALL catches that',
    states: {
      A: task('large', { Next: 'C', Catch: [{ ErrorEquals: ['States.ALL'], Next: 'B' }] }),
      B: { Type: 'Pass', OutputPath: '$.Error', End: true },
      C: { Type: 'Pass', End: true },
    },
    result: 'States.DataLimitExceeded',
  },
  {
    title: 'an output over 256 KiB fails the execution, and nothing catches that',
    states: {
      A: {
        Type: 'Parallel',
        Branches: [
          { StartAt: 'X', States: { X: { Type: 'Pass', End: true } } },
          { StartAt: 'Y', States: { Y: { Type: 'Pass', End: true } } },
        ],
        End: true,
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'B' }],
      },
      B: { Type: 'Pass', End: true },
    },
    input: 'x'.repeat(200_000),
    result: failed(
      'States.DataLimitExceeded',
      "The state/task 'A' returned a result with a size exceeding the maximum number of bytes service limit.",
    ),
  },

  {
    title: 'a Parallel gives the results of its branches in their order',
    states: {
      P: {
        Type: 'Parallel',
        Branches: [
          { StartAt: 'A', States: { A: task('late') } },
          { StartAt: 'B', States: { B: { Type: 'Pass', Result: 2, End: true } } },
        ],
        ResultSelector: { 'first.$': '$[0]', 'second.$': '$[1]' },
        ResultPath: '$.p',
        End: true,
      },
    },
    input: { x: 1 },
    result: { x: 1, p: { first: 'late', second: 2 } },
  },
  {
    title: 'Parameters of a Parallel are the input of its branches',
    states: {
      P: {
        Type: 'Parallel',
        Parameters: { 'y.$': '$.x' },
        Branches: [{ StartAt: 'A', States: { A: task('echo') } }],
        End: true,
      },
    },
    input: { x: 1 },
    result: [{ y: 1 }],
  },
  {
    title: 'a failed branch fails the Parallel with its error',
    states: {
      P: {
        Type: 'Parallel',
        Branches: [
          { StartAt: 'A', States: { A: task('forever') } },
          { StartAt: 'B', States: { B: task('declined') } },
        ],
        End: true,
        Catch: [{ ErrorEquals: ['PaymentDeclined'], ResultPath: '$.e', Next: 'C' }],
      },
      C: { Type: 'Pass', OutputPath: '$.e.Error', End: true },
    },
    input: {},
    result: 'PaymentDeclined',
  },

  {
    title: 'a Map runs its states for each item',
    states: {
      M: {
        Type: 'Map',
        ItemsPath: '$.items',
        ItemProcessor: { StartAt: 'A', States: { A: task('echo') } },
        End: true,
      },
    },
    input: { items: [1, null, 'x'] },
    result: [1, null, 'x'],
  },
  {
    title: 'ItemSelector gets index, item and the input of the Map',
    states: {
      M: {
        Type: 'Map',
        ItemsPath: '$.items',
        ItemSelector: {
          'index.$': '$$.Map.Item.Index',
          'sku.$': '$$.Map.Item.Value.sku',
          'order.$': '$.order',
          fixed: true,
        },
        ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, StartAt: 'A', States: { A: task('echo') } },
        ResultPath: '$.items',
        End: true,
      },
    },
    input: { order: 7, items: [{ sku: 'a' }, { sku: 'b' }] },
    result: {
      order: 7,
      items: [
        { index: 0, sku: 'a', order: 7, fixed: true },
        { index: 1, sku: 'b', order: 7, fixed: true },
      ],
    },
  },
  {
    title: 'Iterator and Parameters are older names for the same',
    states: {
      M: {
        Type: 'Map',
        Parameters: { 'i.$': '$$.Map.Item.Value' },
        Iterator: { StartAt: 'A', States: { A: { Type: 'Pass', End: true } } },
        End: true,
      },
    },
    input: [5],
    result: [{ i: 5 }],
  },
  {
    title: 'a Map of no items gives an empty list',
    states: {
      M: { Type: 'Map', ItemProcessor: { StartAt: 'A', States: { A: task('declined') } }, End: true },
    },
    input: [],
    result: [],
  },
  {
    title: 'a Map of something else than a list fails',
    states: {
      M: {
        Type: 'Map',
        ItemsPath: '$.x',
        ItemProcessor: { StartAt: 'A', States: { A: { Type: 'Pass', End: true } } },
        End: true,
      },
    },
    input: { x: {} },
    result: failed('States.Runtime', inState('M', 'Reference path "$.x" must point to array.')),
  },
  {
    title: 'Maps can stand in Maps',
    states: {
      M: {
        Type: 'Map',
        ItemProcessor: {
          StartAt: 'N',
          States: {
            N: {
              Type: 'Map',
              MaxConcurrency: 1,
              ItemProcessor: { StartAt: 'A', States: { A: task('echo') } },
              End: true,
            },
          },
        },
        End: true,
      },
    },
    input: [[1, 2], [], [3]],
    result: [[1, 2], [], [3]],
  },

  {
    title: 'a Wait of no seconds, one until a time that is past, and ones by path go on at once',
    states: {
      A: { Type: 'Wait', Seconds: 0, Next: 'B' },
      B: { Type: 'Wait', Timestamp: '2020-01-01T00:00:00Z', Next: 'C' },
      C: { Type: 'Wait', SecondsPath: '$.s', Next: 'D' },
      D: { Type: 'Wait', TimestampPath: '$.t', OutputPath: '$.s', End: true },
    },
    input: { s: 0, t: '2020-01-01T00:00:00.5+02:00' },
    result: 0,
  },
  {
    title: 'a Wait until something that is no time fails',
    states: { A: { Type: 'Wait', TimestampPath: '$.t', End: true } },
    input: { t: '2020-01-01' },
    result: failed(
      'States.Runtime',
      inState(
        'A',
        'The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: $.t == 2020-01-01',
      ),
    ),
  },
  {
    title: 'a Wait for less than nothing fails',
    states: { A: { Type: 'Wait', SecondsPath: '$.s', End: true } },
    input: { s: -1 },
    result: failed(
      'States.Runtime',
      inState('A', 'The SecondsPath parameter does not reference a whole number from 0: $.s == -1'),
    ),
  },
  {
    title: 'a Choice goes on by its first rule that matches',
    states: {
      A: {
        Type: 'Choice',
        Choices: [
          { Variable: '$.n', NumericLessThan: 5, Next: 'Less' },
          { Variable: '$.n', NumericLessThan: 10, Next: 'More' },
        ],
        OutputPath: '$.n',
        Default: 'More',
      },
      Less: { Type: 'Pass', Result: 'less', End: true },
      More: { Type: 'Pass', Parameters: { 'more.$': '$' }, End: true },
    },
    input: { n: 7 },
    result: { more: 7 },
  },
  {
    title: 'a Choice of which no rule matches goes to its Default',
    states: {
      A: { Type: 'Choice', Choices: [{ Variable: '$.s', StringEquals: 'a', Next: 'Ok' }], Default: 'Other' },
      Ok: { Type: 'Succeed' },
      Other: { Type: 'Fail', Error: 'Default' },
    },
    input: { s: 'b' },
    result: failed('Default'),
  },
  {
    title: 'a Choice of which no rule matches fails without a Default',
    states: {
      A: { Type: 'Choice', Choices: [{ Variable: '$.s', StringEquals: 'a', Next: 'Ok' }] },
      Ok: { Type: 'Succeed' },
    },
    input: { s: 'b' },
    result: failed('States.NoChoiceMatched', 'No rule of the Choice state matches, and it has no Default.'),
  },
  {
    title: 'a Choice that looks at nothing fails',
    states: {
      A: { Type: 'Choice', Choices: [{ Variable: '$.none', StringEquals: 'a', Next: 'Ok' }], Default: 'Ok' },
      Ok: { Type: 'Succeed' },
    },
    input: {},
    result: failed(
      'States.Runtime',
      inState('A', "Invalid path '$.none': The choice state's condition path references an invalid value."),
    ),
  },
  {
    title: 'a loop without an end ends at 25,000 events',
    states: {
      A: { Type: 'Pass', Next: 'B' },
      B: { Type: 'Choice', Choices: [{ Variable: '$.stop', IsPresent: true, Next: 'C' }], Default: 'A' },
      C: { Type: 'Succeed' },
    },
    input: {},
    result: failed('States.Runtime', 'The execution reached the maximum number of history events (25000).'),
  },
];

let service: Service;
beforeAll(async () => {
  service = await serveStepFunctions({
    definitions: Object.fromEntries(
      cases.map(({ title, states }) => [title, { StartAt: Object.keys(states)[0], States: states }]),
    ),
    functions: {
      ...functions,
      forever: () => new Promise(() => undefined),
      late: () => new Promise((resolve) => setImmediate(resolve, 'late')),
    },
  });
});
afterAll(() => service[Symbol.asyncDispose]());

test.concurrent.each(cases)('$title', async ({ title, input, result }) => {
  expect(await service.run(title, input)).toEqual(result);
});

test('nothing above is a defect of the service', () => {
  expect(service.defects).toEqual([]);
});
