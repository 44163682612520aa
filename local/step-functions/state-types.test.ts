import { failed, inState, task, testMachines } from './machines-for-test.ts';

testMachines([
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
    title: 'a Wait of no seconds, one until a time that is past, and ones by path continue at once',
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
    title: 'a Wait until something that is not a time fails',
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
    title: 'a Choice continues by its first rule that matches',
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
]);
