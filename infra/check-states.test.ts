import { describe, expect, it } from 'vitest';
import { checkStates } from './check-states.ts';
import type { Machine, State } from './task-states.ts';

const step = (name: string, fields: object = { End: true }): Record<string, State> => ({
  [name]: { Type: 'Task', Resource: `\${${name}}`, ...fields },
});
const machine = (States: Record<string, State>): Machine => ({ StartAt: 'A', States });
const map = (fields: object, States: Record<string, State> = step('B')): Machine =>
  machine({ A: { Type: 'Map', ItemProcessor: { StartAt: 'B', States }, ...fields } });

describe('a machine that is written as for Step Functions is accepted', () => {
  it.each<[string, Machine]>([
    [
      'a path for every result',
      machine(step('A', { ResultPath: '$.a', OutputPath: '$.a', InputPath: '$.b' })),
    ],
    ['parameters of its own', machine(step('A', { Parameters: { 'x.$': '$.x' } }))],
    ['a Catch without ResultPath', machine({ ...step('A', { Catch: [{ Next: 'B' }] }), ...step('B') })],
    [
      'a Map in a loop',
      machine({ A: { ...map({}).States?.A, Next: 'C' }, C: { Type: 'Choice', Default: 'A' } }),
    ],
    [
      'a Map that reads its item',
      map({ ItemSelector: { 'x.$': '$$.Map.Item.Value', 'y.$': '$$.Map.Item.Index' } }),
    ],
    [
      'the older fields of a Map',
      machine({
        A: { Type: 'Map', Iterator: machine(step('B')), Parameters: { 'x.$': '$$.Map.Item.Value' } },
      }),
    ],
    ['a Map in a Map', map({}, { B: { Type: 'Map', ItemProcessor: machine(step('C')) } })],
    ['a name with spaces', machine({ 'Price the order': { Type: 'Task', Resource: `\${PriceTheOrder}` } })],
    ['variables', machine(step('A', { Assign: { 'facade.$': '$', item: 1 } }))],
    ['a text that looks like a path', map({}, step('B', { Parameters: { text: '$$.Map.Item.Index' } }))],
  ])('%s', (_, accepted) => {
    expect(() => checkStates('d', accepted)).not.toThrow();
  });
});

describe('what cannot work is rejected by name, with the remedy', () => {
  it.each<[string, Machine, string]>([
    [
      'a machine in JSONata',
      { ...machine(step('A')), QueryLanguage: 'JSONata' },
      'write the machine in JSONPath',
    ],
    ['a state in JSONata', machine(step('A', { QueryLanguage: 'JSONata' })), 'Task [A]: It is in JSONata'],
    [
      'another service',
      machine(step('A', { Resource: 'arn:aws:states:::sns:publish' })),
      `Task [A]: Expected "Resource": "\${A}", got "arn:aws:states:::sns:publish": call other services in a step`,
    ],
    [
      'the function of another step',
      machine(step('A', { Resource: `\${B}` })),
      `Expected "Resource": "\${A}"`,
    ],
    [
      'a distributed Map',
      map({ ItemProcessor: { ...machine(step('B')), ProcessorConfig: { Mode: 'DISTRIBUTED' } } }),
      'Map [A]: It is distributed',
    ],
    [
      'a distributed Map in the older field',
      map({
        ItemProcessor: undefined,
        Iterator: { ...machine(step('B')), ProcessorConfig: { Mode: 'DISTRIBUTED' } },
      }),
      'Map [A]: It is distributed',
    ],
    ['a Map with an ItemReader', map({ ItemReader: {} }), 'Map [A]: It is distributed'],
    [
      '$$.Map.Item in a step of a Map',
      map({}, step('B', { Parameters: { 'x.$': "States.Array($$['Map'].Item.Index)" } })),
      'Task [B]: Only a Map can read $$.Map.Item',
    ],
    [
      '$$.Map.Item in a path',
      map({}, { B: { Type: 'Choice', Choices: [{ Variable: '$$.Map.Item.Value' } as object] } }),
      'Choice [B]: Only a Map can read $$.Map.Item',
    ],
    ['a reserved variable', machine(step('A', { Assign: { facadeItem7: 1 } })), 'rename [facadeItem7]'],
    [
      'a reserved variable in a Catch',
      machine(step('A', { Catch: [{ Next: 'A', Assign: { 'facadeItem1.$': '$' } }] })),
      'rename [facadeItem1.$]',
    ],
    [
      'a reserved variable in a Choice',
      machine({ A: { Type: 'Choice', Choices: [{ Assign: { facadeItem1: 1 } }] } }),
      'rename [facadeItem1]',
    ],
    ['two states of one name', map({}, step('A')), 'Two states are called [A]: rename one'],
    [
      'two states of one step',
      machine({ ...step('PriceIt'), 'Price it': { Type: 'Task', Resource: `\${PriceIt}` } }),
      'Two Task states have the step [PriceIt]',
    ],
    [
      'a state with a name that the construct needs',
      machine({ ...map({}).States, 'Item of A': { Type: 'Pass' } }),
      'State [Item of A]',
    ],
    [
      'a Map with a long name',
      machine({ ['x'.repeat(73)]: { Type: 'Map' } }),
      'at most 72 characters, got 73',
    ],
    ['a step called bucket', machine(step('bucket')), 'neither "input" nor "bucket", got [bucket]'],
  ])('%s', (_, rejected, message) => {
    expect(() => checkStates('d', rejected)).toThrow(
      expect.objectContaining({ name: 'InvalidDefinition', message: expect.stringContaining(message) }),
    );
  });
});
