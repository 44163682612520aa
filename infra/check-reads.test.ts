import { describe, expect, it } from 'vitest';
import { problemsOfReads } from './check-reads.ts';
import type { Machine, State } from './task-states.ts';

const step = (name: string, Next?: string, fields: object = {}): Record<string, State> => ({
  [name]: { Type: 'Task', ...(Next ? { Next } : { End: true }), ...fields },
});
const inner = (States: Record<string, State>): Machine => ({ StartAt: Object.keys(States)[0] ?? '', States });
const map = (States: Record<string, State>, Next?: string): State => ({
  Type: 'Map',
  ItemProcessor: inner(States),
  ...(Next ? { Next } : { End: true }),
});
const row = inner({ ...step('Price order', 'B'), ...step('B', 'C'), ...step('C') });
const loop = inner({
  ...step('A', 'Again'),
  Again: { Type: 'Choice', Choices: [{ Next: 'A' }], Default: 'B' },
  ...step('B'),
});
const parallel = inner({
  Both: {
    Type: 'Parallel',
    Branches: [inner({ ...step('A', 'B'), ...step('B') }), inner(step('C'))],
    Next: 'D',
  },
  ...step('D'),
});
const caught = inner({ ...step('A', 'B', { Catch: [{ Next: 'Undo' }] }), ...step('B'), ...step('Undo') });
const mapped = inner({
  ...step('A', 'Each'),
  Each: map({ ...step('B', 'C'), ...step('C', 'Inner'), Inner: map(step('D')) }, 'E'),
  ...step('E'),
});

describe('a step may read', () => {
  it.each<[string, Machine, string, string[]]>([
    ['the input, and every step before it', row, 'C', ['input', 'PriceOrder', 'B']],
    ['a later step of its loop, and itself', loop, 'A', ['A']],
    ['every entry of a loop', loop, 'B', ['A', 'A/*']],
    ['a step in another branch', parallel, 'C', ['A', 'B']],
    ['a step in a Parallel before it', parallel, 'D', ['A', 'B', 'C']],
    ['a step that can fail before it', caught, 'Undo', ['A']],
    ['a step before its Map, and of its item', mapped, 'C', ['A', 'B']],
    ['a step of an outer item', mapped, 'D', ['A', 'B', 'C']],
    ['a later step of other items', mapped, 'B', ['C/*', 'D/*']],
    ['every item of a Map before it', mapped, 'E', ['B/*', 'D/*']],
  ])('%s', (_, machine, reader, documents) => {
    expect(problemsOfReads(machine, reader, documents)).toEqual([]);
  });
});

describe('a step may not read', () => {
  it.each<[string, Machine, string, string, string]>([
    [
      'an unknown name',
      row,
      'B',
      'Price',
      'No step is called [Price]. Expected one of input, PriceOrder, B, C',
    ],
    ['the name of a state', row, 'B', 'Price order', 'No step is called [Price order]'],
    ['an unknown list', row, 'B', 'Price/*', 'No step is called [Price]'],
    ['an inherited name', row, 'B', 'constructor', 'No step is called [constructor]'],
    ['a later step', row, 'B', 'C', '[C] never runs before it'],
    ['the list of a later step', row, 'B', 'C/*', '[C] never runs before it'],
    ['itself outside of a loop', row, 'B', 'B', '[B] never runs before it'],
    ['a step behind its loop', loop, 'A', 'B', '[B] never runs before it'],
    ['a step behind its Parallel', parallel, 'C', 'D', '[D] never runs before it'],
    ['a later step of its branch', parallel, 'A', 'B', '[B] never runs before it'],
    ['a step of another path', caught, 'Undo', 'B', '[B] never runs before it'],
    ['a later step of its item', mapped, 'B', 'C', '[C] never runs before it'],
    ['a step behind its Map', mapped, 'B', 'E', '[E] never runs before it'],
    ['one document of a Map', mapped, 'E', 'B', '[B] runs for each item of a Map. Read [B/*]'],
    ['one document of a Map in its Map', mapped, 'C', 'D', '[D] runs for each item of a Map. Read [D/*]'],
  ])('%s', (_, machine, reader, document, problem) => {
    expect(problemsOfReads(machine, reader, [document])).toEqual([
      expect.stringContaining(`Step [${reader}] reads [${document}]: ${problem}`),
    ]);
  });
});
