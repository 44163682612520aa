import { describe, expect, it } from 'vitest';
import { deployedMachine } from './deployed-machine.ts';
import type { Machine, State } from './task-states.ts';

const step = (name: string, fields: object = { End: true }): Record<string, State> => ({
  [name]: { Type: 'Task', Resource: `\${${name}}`, ...fields },
});
const machine = (StartAt: string, States: Record<string, State>): Machine => ({ StartAt, States });
const map = (processor: Machine, fields: object = {}): State => ({
  Type: 'Map',
  ItemProcessor: processor,
  ...fields,
});

/** Returns a state of the deployed machine, wherever it is. */
function deployed(of: Machine, name: string, starters: string[] = []): Record<string, unknown> {
  const find = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return undefined;
    if (Object.hasOwn(value, name)) return (value as Record<string, unknown>)[name];
    return Object.values(value).map(find).find(Boolean);
  };
  return find(deployedMachine(of, new Set(starters))) as Record<string, unknown>;
}
const documentOf = (of: Machine, name: string) =>
  (deployed(of, name).Parameters as Record<string, string>)['document.$'];

const OWN = '$$.Execution.Input.processData';

describe('the event of a step', () => {
  it('comes from the context object, with the state as the author has it', () => {
    expect(deployed(machine('A', step('A', { InputPath: '$.x', End: true })), 'A')).toMatchObject({
      ...{ Type: 'Task', Resource: `\${A}`, InputPath: '$.x', End: true },
      Parameters: {
        bucket: `\${bucket}`,
        'processData.$': OWN,
        'document.$': `States.Format('{}/steps/A.json', ${OWN})`,
        'attempt.$': '$$.State.RetryCount',
        'state.$': '$',
      },
    });
  });

  it("has the author's Parameters in the place of the state", () => {
    const Parameters = { 'x.$': '$.x', y: { 'z.$': '$$.State.Name' } };
    const event = deployed(machine('A', step('A', { Parameters })), 'A').Parameters;
    expect(event).toMatchObject({ state: Parameters });
    expect(event).not.toHaveProperty('state.$');
  });

  it('names the document of a state with spaces by its step', () => {
    const named = machine('Price the order', { 'Price the order': { Type: 'Task' } });
    expect(documentOf(named, 'Price the order')).toBe(`States.Format('{}/steps/PriceTheOrder.json', ${OWN})`);
  });

  it.each<[string, Machine]>([
    [
      'by a Choice',
      machine('A', { ...step('A', { Next: 'C' }), C: { Type: 'Choice', Choices: [{ Next: 'A' }] } }),
    ],
    ['by a Default', machine('A', { ...step('A', { Next: 'C' }), C: { Type: 'Choice', Default: 'A' } })],
    [
      'by a Catch',
      machine('A', { ...step('A', { Catch: [{ Next: 'W' }] }), W: { Type: 'Wait', Next: 'A' } }),
    ],
    ['to itself', machine('A', step('A', { Next: 'A' }))],
    [
      'around its Parallel',
      machine('P', { P: { Type: 'Parallel', Branches: [machine('A', step('A'))], Next: 'P' } }),
    ],
  ])('in a loop %s has the time of the entry', (_, looped) => {
    expect(documentOf(looped, 'A')).toBe(`States.Format('{}/steps/A/{}.json', ${OWN}, $$.State.EnteredTime)`);
  });

  it('beside a loop has no time', () => {
    const beside = machine('A', { ...step('A', { Next: 'B' }), ...step('B', { Next: 'B' }) });
    expect(documentOf(beside, 'A')).toBe(`States.Format('{}/steps/A.json', ${OWN})`);
  });
});

describe('the items of a Map', () => {
  it('get their index in a variable, and else what they would get without it', () => {
    const processor = { ProcessorConfig: { Mode: 'INLINE' }, ...machine('A', step('A')) };
    expect(
      deployed(machine('M', { M: map(processor, { ItemsPath: '$.list', End: true }) }), 'M'),
    ).toMatchObject({
      ItemsPath: '$.list',
      ItemSelector: { 'index.$': '$$.Map.Item.Index', 'item.$': '$$.Map.Item.Value' },
      ItemProcessor: {
        ProcessorConfig: { Mode: 'INLINE' },
        StartAt: 'Item of M',
        States: {
          'Item of M': {
            Type: 'Pass',
            Assign: { 'facadeItem1.$': '$.index' },
            OutputPath: '$.item',
            Next: 'A',
          },
        },
      },
      End: true,
    });
  });

  it.each(['ItemSelector', 'Parameters'])("keep the author's %s", (field) => {
    const selector = { 'x.$': '$$.Map.Item.Value.x', all: { 'y.$': '$.y' } };
    const selected = deployed(machine('M', { M: map(machine('A', step('A')), { [field]: selector }) }), 'M');
    expect(selected.ItemSelector).toEqual({ 'index.$': '$$.Map.Item.Index', item: selector });
    expect(selected).not.toHaveProperty('Parameters');
  });

  it('in the older field are the same', () => {
    const older = machine('M', { M: { Type: 'Map', Iterator: machine('A', step('A')) } });
    const newer = machine('M', { M: map(machine('A', step('A'))) });
    expect(deployedMachine(older, new Set())).toEqual(deployedMachine(newer, new Set()));
  });

  it('are numbered by depth, through a Parallel and in a loop', () => {
    const inner = map(machine('A', step('A', { Next: 'A' })));
    const parallel: State = { Type: 'Parallel', Branches: [machine('I', { I: inner })] };
    const nested = machine('M', { M: map(machine('P', { P: parallel })) });
    expect(documentOf(nested, 'A')).toBe(
      `States.Format('{}/steps/A/{}/{}/{}.json', ${OWN}, $facadeItem1, $facadeItem2, $$.State.EnteredTime)`,
    );
    expect(deployed(nested, 'Item of I').Assign).toEqual({ 'facadeItem2.$': '$.index' });
  });

  it('without a step stay as they are', () => {
    const without = machine('M', { M: map(machine('W', { W: { Type: 'Wait' } })) });
    expect(deployedMachine(without, new Set())).toEqual(without);
  });
});

describe('the Retry of a step', () => {
  const retryOf = (Retry: object[] | undefined, starters: string[] = []) =>
    deployed(machine('A', step('A', Retry ? { Retry } : {})), 'A', starters).Retry as {
      ErrorEquals: string[];
    }[];

  it('is for documents that are not ready, and for what Lambda and S3 do not promise', () => {
    expect(retryOf(undefined)).toMatchObject([
      {
        ErrorEquals: expect.arrayContaining(['ProcessDataNotReady', 'Lambda.ServiceException', 'SlowDown']),
        MaxAttempts: 5,
      },
    ]);
    expect(retryOf([])).toEqual(retryOf(undefined));
  });

  it('is for the start of other processes where the step may start them', () => {
    expect(retryOf(undefined)[0]?.ErrorEquals).not.toContain('DownstreamUnavailable');
    expect(retryOf(undefined, ['A'])[0]?.ErrorEquals).toContain('DownstreamUnavailable');
  });

  it("follows the author's, for the errors that those do not match", () => {
    const own = { ErrorEquals: ['SlowDown', 'Mine'], MaxAttempts: 1 };
    const [first, second] = retryOf([own]);
    expect(first).toEqual(own);
    expect(second?.ErrorEquals).toEqual(
      retryOf(undefined)[0]?.ErrorEquals.filter((error) => error !== 'SlowDown'),
    );
  });

  it.each(['States.ALL', 'States.TaskFailed'])("is the author's alone if it matches %s", (error) => {
    const own = [{ ErrorEquals: [error], MaxAttempts: 0 }];
    expect(retryOf(own)).toEqual(own);
  });
});
