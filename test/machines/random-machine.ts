/**
 * Random machines as an author writes them. Every state keeps its output an object, so that a
 * machine only fails where a step does.
 */
import fc from 'fast-check';
import type { Machine, State } from '../../infra/task-states.ts';

/** The fields of a step that change what the next state sees, as positions in lists of values. */
type Fields = { input: number; parameters: number; selector: number; resultPath: number; output: number };

/** A part of a random machine. Loops repeat what is in them `count` times more. */
export type Node =
  | { kind: 'step'; flaky: number; again: boolean; fields: Fields }
  | { kind: 'caught'; resultPath: number }
  | { kind: 'pass'; variant: number }
  | { kind: 'choice'; left: Node[]; right: Node[] }
  | { kind: 'parallel'; branches: Node[][]; retries: boolean; resultPath: number }
  | { kind: 'map'; count: number; limit: number; selector: number; retries: boolean; inner: Node[] }
  | { kind: 'loop'; count: number; inner: Node[] }
  | { kind: 'catchLoop'; count: number };

/** How the step of a state behaves. */
export type Behavior = {
  /** The number of attempts that fail, in every entry. */
  flaky: number;
  /** Whether its first run on a state fails, which a retrier around it or a redrive repeats. */
  again: boolean;
  /** Whether it always fails, or as long as its loop is not over. */
  breaks: 'never' | 'always' | 'left';
  /** Whether a retry around it enters it at a new time, and so repeats it. */
  repeats: boolean;
};

export type RandomMachine = { machine: Machine; behaviors: Map<string, Behavior> };

const LISTS = [[], [{ i: 0 }], [{ i: 0 }, { i: 1 }], [{ i: 0 }, { i: 0 }, { i: 2 }]];

/** The members of an execution's input that machines read. */
export const INPUT = { lists: LISTS };

const fields = fc.record({
  ...{ input: fc.nat(5), parameters: fc.nat(3), selector: fc.nat(3) },
  ...{ resultPath: fc.nat(3), output: fc.nat(6) },
});

export const { line: nodes } = fc.letrec<{ line: Node[]; node: Node }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.record({
      kind: fc.constant('step' as const),
      flaky: fc.constantFrom(0, 0, 0, 1, 2),
      again: fc.constantFrom(false, false, false, true),
      fields,
    }),
    fc.record({ kind: fc.constant('pass' as const), variant: fc.nat(3) }),
    fc.record({ kind: fc.constant('caught' as const), resultPath: fc.nat(2) }),
    fc.record({ kind: fc.constant('catchLoop' as const), count: fc.nat(2) }),
    fc.record({ kind: fc.constant('loop' as const), count: fc.nat(2), inner: tie('line') }),
    fc.record({
      kind: fc.constant('parallel' as const),
      branches: fc.array(tie('line'), { minLength: 1, maxLength: 3 }),
      retries: fc.boolean(),
      resultPath: fc.nat(2),
    }),
    fc.record({
      ...{ kind: fc.constant('map' as const), count: fc.nat(LISTS.length - 1), limit: fc.nat(2) },
      ...{ selector: fc.nat(3), retries: fc.boolean(), inner: tie('line') },
    }),
    fc.record({ kind: fc.constant('choice' as const), left: tie('line'), right: tie('line') }),
  ),
  line: fc.array(tie('node'), { minLength: 1, maxLength: 3 }),
}));

/** Returns the machine in Amazon States Language, with a Retry that does not wait. */
export function machineOf(line: readonly Node[]): RandomMachine {
  const behaviors = new Map<string, Behavior>();
  const around = { inLoop: false, retried: false };
  return { machine: partOf(line, 's', around, behaviors), behaviors };
}

type Around = { inLoop: boolean; retried: boolean };

function partOf(
  line: readonly Node[],
  prefix: string,
  around: Around,
  behaviors: Map<string, Behavior>,
): Machine {
  const States: Record<string, State> = {};
  addLine(line, prefix, undefined, around);
  return { StartAt: `${prefix}0`, States };

  function add(name: string, state: object): void {
    States[name] = state as State;
  }

  /** Adds the states of a line, of which the first is `<prefix>0`. */
  function addLine(nodes: readonly Node[], at: string, next: string | undefined, inside: Around): void {
    for (const [index, node] of nodes.entries()) {
      addNode(node, `${at}${index}`, index === nodes.length - 1 ? next : `${at}${index + 1}`, inside);
    }
  }

  function addStep(
    name: string,
    state: object,
    behavior: Partial<Behavior>,
    { inLoop, retried }: Around,
  ): void {
    add(name, { Type: 'Task', Resource: `\${${name}}`, ...state });
    behaviors.set(name, { flaky: 0, again: false, breaks: 'never', repeats: inLoop && retried, ...behavior });
  }

  function addNode(node: Node, name: string, next: string | undefined, inside: Around): void {
    const then = next === undefined ? { End: true } : { Next: next };
    switch (node.kind) {
      case 'step':
        addStep(
          name,
          { ...flowOf(node.fields), Retry: retrier('Flaky'), ...then },
          { flaky: node.flaky, again: node.again },
          inside,
        );
        return;
      case 'caught': {
        const Catch = [{ ErrorEquals: ['Broken'], ...errorPath(node.resultPath), Next: `${name}x` }];
        addStep(name, { Catch, ...then }, { breaks: 'always' }, inside);
        add(`${name}x`, { Type: 'Pass', ...then });
        return;
      }
      case 'pass':
        add(name, { Type: 'Pass', ...passOf(node.variant), ...then });
        return;
      case 'choice': {
        const isOne = {
          And: [
            { Variable: '$.v', IsPresent: true },
            { Variable: '$.v', NumericEquals: 1 },
          ],
        };
        add(name, { Type: 'Choice', Choices: [{ ...isOne, Next: `${name}l0` }], Default: `${name}r0` });
        add(`${name}j`, { Type: 'Pass', ...then });
        addLine(node.left, `${name}l`, `${name}j`, inside);
        addLine(node.right, `${name}r`, `${name}j`, inside);
        return;
      }
      case 'loop': {
        const left = `left${name}`;
        const again = { Variable: `$${left}[0]`, IsPresent: true, Next: `${name}d` };
        add(name, { Type: 'Pass', Assign: { [left]: nested(node.count) }, Next: `${name}l0` });
        addLine(node.inner, `${name}l`, `${name}c`, { ...inside, inLoop: true });
        add(`${name}c`, { Type: 'Choice', Choices: [again], Default: `${name}j` });
        add(`${name}d`, { Type: 'Pass', Assign: { [`${left}.$`]: `$${left}[0]` }, Next: `${name}l0` });
        add(`${name}j`, { Type: 'Pass', ...then });
        return;
      }
      case 'catchLoop': {
        const left = `left${name}`;
        add(name, { Type: 'Pass', Assign: { [left]: nested(node.count) }, Next: `${name}t` });
        const Catch = [{ ErrorEquals: ['Broken'], ResultPath: null, Next: `${name}d` }];
        const state = { Parameters: { 'left.$': `$${left}` }, ResultPath: '$.a', Catch, ...then };
        addStep(`${name}t`, state, { breaks: 'left' }, { ...inside, inLoop: true });
        add(`${name}d`, { Type: 'Pass', Assign: { [`${left}.$`]: `$${left}[0]` }, Next: `${name}t` });
        return;
      }
      case 'parallel': {
        const within = { ...inside, retried: inside.retried || node.retries };
        const Branches = node.branches.map((branch, index) =>
          partOf(branch, `${name}${'abc'[index]}`, within, behaviors),
        );
        const Retry = node.retries ? retrier('Again') : [];
        add(name, { Type: 'Parallel', ...listPath(node.resultPath), Branches, Retry, ...then });
        return;
      }
      case 'map': {
        const within = { ...inside, retried: inside.retried || node.retries };
        const processor = partOf(node.inner, `${name}m`, within, behaviors);
        add(name, {
          Type: 'Map',
          ItemsPath: `$$.Execution.Input.lists[${node.count}]`,
          MaxConcurrency: node.limit,
          ...selectorOf(node.selector, processor),
          ...listPath(node.count),
          Retry: node.retries ? retrier('Again') : [],
          ...then,
        });
        return;
      }
    }
  }
}

const retrier = (error: string) => [{ ErrorEquals: [error], IntervalSeconds: 0, MaxAttempts: 99 }];

/** A list in lists: each entry of a loop takes one away. */
function nested(count: number): unknown[] {
  return count === 0 ? [] : [nested(count - 1)];
}

function flowOf({ input, parameters, selector, resultPath, output }: Fields): object {
  const ResultPath = [undefined, null, '$.a', '$.b.c'][resultPath];
  return defined({
    InputPath: [undefined, undefined, undefined, undefined, null, '$$.Execution.Input'][input],
    Parameters: [undefined, undefined, { 'all.$': '$', 'name.$': '$$.State.Name' }, { fixed: ['$.x'] }][
      parameters
    ],
    ResultSelector: [undefined, undefined, { 'v.$': '$.v' }, { 'r.$': '$', v: 1 }][selector],
    ResultPath,
    // The last one leads to the result.
    OutputPath: [undefined, undefined, undefined, '$', null, '$$.Execution.Input', ResultPath || undefined][
      output
    ],
  });
}

function passOf(variant: number): object {
  return [
    { Result: {} },
    { Parameters: { 'all.$': '$' } },
    { OutputPath: null },
    { Result: { v: 1 }, ResultPath: '$.a' },
  ][variant] as object;
}

const errorPath = (variant: number) => defined({ ResultPath: [undefined, null, '$.e'][variant] });
const listPath = (variant: number) =>
  [{ ResultPath: null }, { ResultPath: '$.p' }, { ResultSelector: { 'p.$': '$' } }, { ResultPath: '$.p' }][
    variant
  ] as object;

function selectorOf(variant: number, processor: Machine): object {
  const item = { 'x.$': '$$.Map.Item.Value', 'at.$': '$$.Map.Item.Index', all: { 'state.$': '$' } };
  return [
    { ItemProcessor: processor },
    { ItemProcessor: processor, ItemSelector: item },
    { Iterator: processor, Parameters: { 'i.$': '$$.Map.Item.Value.i' } },
    { Iterator: processor },
  ][variant] as object;
}

function defined(fields: Record<string, unknown>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
