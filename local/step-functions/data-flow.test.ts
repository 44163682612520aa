import { failed, inState, task, testMachines } from './machines-for-test.ts';

testMachines([
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
    title: 'a Result is not a template',
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
    title: 'the context object has execution, machine and state',
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
      machine: 'the context object has execution, machine and state',
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
]);
