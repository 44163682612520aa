import { describe, expect, test } from 'vitest';
import { checkDefinition, DefinitionError } from './check-definition.ts';
import { functionArn } from './serve-for-test.ts';

const only = (state: object, name = 'A') => ({ StartAt: name, States: { [name]: state } });
const task = (fields: object) => only({ Type: 'Task', Resource: functionArn('f'), End: true, ...fields });
const pass = { Type: 'Pass', End: true };
const map = (fields: object) =>
  only({ Type: 'Map', ItemProcessor: only(pass, 'Inner'), End: true, ...fields });
const choice = (rule: object) => ({
  StartAt: 'A',
  States: { A: { Type: 'Choice', Choices: [{ Next: 'B', ...rule }] }, B: { Type: 'Succeed' } },
});
const caught = (errors: string[]) => ({ Retry: [{ ErrorEquals: errors }] });

/**
 * The problems that a definition is rejected for; the syntax of these is right, and not checked
 * again.
 */
function problemsOf(definition: unknown): string[] {
  try {
    checkDefinition('machine', definition, { isSyntaxKnown: true });
    return [];
  } catch (error) {
    if (error instanceof DefinitionError) return error.problems;
    throw error;
  }
}

describe('what is not run here as on AWS is rejected by feature and state', () => {
  test.each([
    ['JSONata', { ...task({}), QueryLanguage: 'JSONata' }, 'JSONata (QueryLanguage)'],
    ['JSONata in one state', task({ QueryLanguage: 'JSONata' }), 'JSONata (QueryLanguage)'],
    [
      'a variable with a reserved name',
      task({ Assign: { 'states.$': '$' } }),
      'the variable "states": a name is an identifier',
    ],
    ['a part of a variable', task({ Assign: { 'a.b': 1 } }), 'the variable "a.b": a name is an identifier'],
    [
      'a variable with a long name',
      task({ Assign: { ['é'.repeat(81)]: 1 } }),
      'a name is an identifier of at most 80 characters',
    ],
    [
      'a variable in a catcher',
      {
        StartAt: 'A',
        States: {
          A: { ...task({}).States.A, Catch: [{ ErrorEquals: ['E'], Next: 'B', Assign: { _a: 1 } }] },
          B: pass,
        },
      },
      'the variable "_a"',
    ],
    [
      'a variable in a Choice',
      choice({ Variable: '$.a', IsNull: true, Assign: { '1': 1 } }),
      'the variable "1"',
    ],
    [
      'a variable of the states around an iteration',
      map({ Assign: { n: 1 }, ItemProcessor: only({ ...pass, Assign: { 'n.$': '$' } }, 'Inner') }),
      'the variable "n" of the states around',
    ],
    [
      'a variable of the states around two branches',
      only(
        {
          ...{ Type: 'Parallel', Catch: [{ ErrorEquals: ['E'], Next: 'B', Assign: { n: 1 } }], End: true },
          Branches: [map({ ItemProcessor: only({ ...pass, Assign: { n: 1 } }, 'Inner') })],
        },
        'P',
      ),
      'the variable "n" of the states around',
    ],
    ['a path in Assign', task({ Assign: { 'a.$': '$.b[*]' } }), 'the path $.b[*]'],
    ['a variable in ResultPath', task({ ResultPath: '$a.b' }), 'the ResultPath $a.b'],
    ['a reserved name in a path', task({ InputPath: '$states.input' }), 'the path $states.input'],
    [
      'a service integration',
      task({ Resource: 'arn:aws:states:::lambda:invoke' }),
      'the resource arn:aws:states:::lambda:invoke',
    ],
    [
      'a callback',
      task({ Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken' }),
      'waitForTaskToken',
    ],
    ['an activity', task({ Resource: 'arn:aws:states:us-east-1:000000000000:activity:a' }), 'activity:a'],
    ['heartbeats', task({ HeartbeatSeconds: 5 }), 'heartbeats (HeartbeatSeconds)'],
    ['a time-out by path', task({ TimeoutSecondsPath: '$.t' }), '(TimeoutSecondsPath)'],
    ['credentials', task({ Credentials: { RoleArn: 'x' } }), '(Credentials)'],
    ['a task token', task({ Parameters: { 'a.$': '$$.Task.Token' } }), 'the context path $$.Task.Token'],
    [
      'a Map item outside of ItemSelector',
      task({ Parameters: { 'a.$': '$$.Map.Item.Index' } }),
      'the context path $$.Map.Item.Index',
    ],
    [
      'States.TaskFailed with a time-out',
      task({ TimeoutSeconds: 5, ...caught(['States.TaskFailed']) }),
      'States.TaskFailed with TimeoutSeconds',
    ],
    ['States.TaskFailed in a Map', map(caught(['States.TaskFailed'])), 'States.TaskFailed in a Map'],
    ['States.BranchFailed', map(caught(['States.BranchFailed'])), 'the error name States.BranchFailed'],
    ['States.ALL beside others', task(caught(['States.ALL', 'E'])), 'States.ALL beside other errors'],
    [
      'States.ALL before others',
      task({ Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['E'] }] }),
      'before other rules',
    ],
    ['an interval of 0', task({ Retry: [{ ErrorEquals: ['E'], IntervalSeconds: 0 }] }), 'IntervalSeconds'],
    [
      'an interval longer than timers can be',
      task({ Retry: [{ ErrorEquals: ['E'], MaxAttempts: 30 }] }),
      'a Retry interval over 2147483 s',
    ],
    [
      'distributed Map',
      map({
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          ...only(pass, 'Inner'),
        },
      }),
      'distributed Map (ProcessorConfig)',
    ],
    [
      'distributed Map in its older form',
      map({
        ItemProcessor: undefined,
        Iterator: { ProcessorConfig: { Mode: 'DISTRIBUTED' }, ...only(pass, 'Inner') },
      }),
      'distributed Map (ProcessorConfig)',
    ],
    ['an item reader', map({ ItemReader: {} }), 'distributed Map (ItemReader)'],
    ['tolerated failures', map({ ToleratedFailureCount: 1 }), '(ToleratedFailureCount)'],
    ['a wildcard', task({ InputPath: '$.a[*]' }), 'the path $.a[*]'],
    ['a slice in a template', task({ ResultSelector: { a: [{ 'b.$': '$[1:2]' }] } }), 'the path $[1:2]'],
    [
      'a filter in a Choice',
      choice({ And: [{ Not: { Variable: '$.a[?(@.b)]', IsNull: true } }] }),
      'the path $.a[?(@.b)]',
    ],
    [
      'a wildcard in a comparison',
      choice({ Variable: '$.a', NumericEqualsPath: '$.b[*]' }),
      'the path $.b[*]',
    ],
    ['a JSONata condition', choice({ Condition: '{% true %}' }), 'JSONata (Condition)'],
    ['an index in ResultPath', task({ ResultPath: '$.a[0]' }), 'the ResultPath $.a[0]'],
    ['the context object in ResultPath', task({ ResultPath: '$$.a' }), 'the ResultPath $$.a'],
    [
      'a function in a template',
      task({ Parameters: { 'a.$': 'States.JsonToString($.x)' } }),
      'the intrinsic function States.JsonToString',
    ],
    [
      'a function in a Fail',
      only({ Type: 'Fail', CausePath: 'States.JsonToString($.x)' }),
      'the intrinsic function States.JsonToString',
    ],
    [
      'a wildcard in a function',
      task({ Parameters: { 'a.$': 'States.ArrayLength($.x[*])' } }),
      'cannot read',
    ],
  ])('%s', (_, definition, feature) => {
    expect(problemsOf(definition)).toEqual([expect.stringContaining(feature)]);
  });

  test('states in branches and iterations are looked at too', () => {
    const inner = { ...task({ HeartbeatSeconds: 1 }) };
    const nested = only({ Type: 'Parallel', Branches: [map({ ItemProcessor: inner })], End: true }, 'P');
    expect(problemsOf(nested)).toEqual(['state "A": not supported: heartbeats (HeartbeatSeconds)']);
  });

  test('all problems of a machine are reported together', () => {
    const broken = task({ HeartbeatSeconds: 1, InputPath: '$..a' });
    expect(() => checkDefinition('order', broken)).toThrow(
      'Could not load state machine "order": state "A": not supported: heartbeats (HeartbeatSeconds); state "A": not supported: the path $..a',
    );
  });
});

test('a definition that breaks the rules of the language is rejected with each of them', () => {
  const broken = {
    StartAt: 'A',
    States: { A: { Type: 'Pass', Next: 'None' }, B: { Type: 'Pass', End: true } },
  };
  expect(() => checkDefinition('order', broken)).toThrow(DefinitionError);
  expect(() => checkDefinition('order', broken)).toThrow(/target: None/);
  expect(() => checkDefinition('order', broken)).toThrow(/State B is not reachable/);
  expect(() => checkDefinition('order', null)).toThrow(DefinitionError);
  const named = { StartAt: 'Branches', States: { Branches: pass } };
  expect(() => checkDefinition('order', named)).toThrow(
    'the check of the language failed (parallelBranches.forEach is not a function). Rename any state that has the name of a field: Iterator, Branches, States',
  );
});

test('variables pass wherever a path does, and branches may share a name', () => {
  const branch = (name: string) => only({ ...pass, Assign: { 'inner.$': '$outer' } }, name);
  const caught = { ErrorEquals: ['States.ALL'], Next: 'Choose', Assign: { 'e.$': '$.Error' } };
  const definition = {
    StartAt: 'A',
    States: {
      A: { Type: 'Pass', Assign: { outer: { a: [{ 'b.$': '$.b' }] } }, Next: 'Both' },
      Both: { Type: 'Parallel', Branches: [branch('B1'), branch('B2')], Catch: [caught], Next: 'Map' },
      Map: {
        ...{ Type: 'Map', InputPath: '$outer', ItemsPath: '$outer.a', MaxConcurrencyPath: '$outer.n' },
        ...{ ItemSelector: { 'x.$': "States.Format('{}/{}', $outer.b, $$.Map.Item.Index)" } },
        ...{ ItemProcessor: branch('Inner'), OutputPath: '$outer', Next: 'Wait' },
      },
      Wait: { Type: 'Wait', SecondsPath: '$outer.s', Assign: { s: 1 }, Next: 'Until' },
      Until: { Type: 'Wait', TimestampPath: '$outer.t', Next: 'Choose' },
      Choose: {
        Type: 'Choice',
        Choices: [
          { Variable: '$outer.a', NumericEqualsPath: '$s', Assign: { s: 2 }, Next: 'Fail' },
          { And: [{ Variable: '$e', IsPresent: true }], Next: 'Fail' },
        ],
        Assign: { s: 3 },
        Default: 'Fail',
      },
      Fail: { Type: 'Fail', ErrorPath: '$e', CausePath: '$outer.cause' },
    },
  };
  expect(checkDefinition('order', definition)).toBeDefined();
});

test('the form of the steps of this project passes', () => {
  const retry = [
    {
      ErrorEquals: ['ProcessDataNotReady'],
      IntervalSeconds: 1,
      MaxAttempts: 5,
      BackoffRate: 2,
      JitterStrategy: 'FULL',
    },
  ];
  const parameters = { 'state.$': '$', 'attempt.$': '$$.State.RetryCount' };
  const definition = {
    Comment: 'order',
    StartAt: 'Validate',
    TimeoutSeconds: 3600,
    States: {
      Validate: {
        ...task({}).States.A,
        Parameters: parameters,
        Retry: retry,
        ResultPath: '$',
        End: undefined,
        Next: 'Items',
      },
      Items: { ...map({ ItemSelector: { 'item.$': '$$.Map.Item.Index' } }).States.A },
    },
  };
  expect(checkDefinition('order', JSON.parse(JSON.stringify(definition)))).toBeDefined();
});
