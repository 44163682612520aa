/**
 * Tries every order in which the requests of a scenario's calls can take effect, with every fault
 * that it allows.
 */
import { createRandom } from '../chaos/random.ts';
import { type Choice, choicesOf } from './choices.ts';
import { checkQuiet, checkStep, INVARIANTS, runningExecutions, type Violation } from './invariants.ts';
import { type Scenario, sweep } from './scenarios.ts';
import { Automata, BETWEEN_PHASES_MS, firstState, type State, stateKey, worldKey } from './state.ts';
import { apply, endExecution, later } from './world.ts';

/** The result of an exploration; `isComplete` is false if it stopped at its bound. */
export type Exploration = {
  scenario: Scenario;
  states: number;
  isComplete: boolean;
  violation?: Violation & { trace: number[] };
};

/** `only` limits the check to one rule. */
type Options = { maxStates?: number; order?: 'depth' | 'breadth'; only?: Violation['invariant'] | undefined };

/**
 * After this number of states in depth, one is taken from the front, so that a bound does not leave
 * out only one side.
 */
const DEPTH_FIRST_TURNS = 20;

type Visit = { state: State; parent: Visit | undefined; choice: number };

/**
 * Explores a scenario until a rule is broken, all states are explored, or `maxStates` different
 * states were visited: depth first, or breadth first, which finds the shortest trace.
 */
export async function explore(
  scenario: Scenario,
  { maxStates = Number.POSITIVE_INFINITY, order = 'depth', only }: Options = {},
): Promise<Exploration> {
  const automata = new Automata();
  const first: Visit = { state: await firstState(scenario, automata), parent: undefined, choice: 0 };
  const seen = new Set([stateKey(first.state)]);
  const quiet = new Set<string>();
  const open: Visit[] = [first];
  const found = (violation: Violation | undefined, visit: Visit): Exploration | undefined =>
    violation && (only === undefined || violation.invariant === only)
      ? { scenario, states: seen.size, isComplete: false, violation: { ...violation, trace: traceOf(visit) } }
      : undefined;
  const random = createRandom(0);
  for (let at = 0, turn = 0; at < open.length; turn++) {
    const fromFront = order === 'breadth' || turn % DEPTH_FIRST_TURNS === 0;
    const visit = (fromFront ? open[at++] : open.pop()) as Visit;
    const broken = found(await checkIfQuiet(scenario, automata, visit.state, quiet), visit);
    if (broken) return broken;
    const choices = [...choicesOf(scenario, automata, visit.state).entries()];
    if (order === 'depth') shuffle(choices, random);
    for (const [choice, { take }] of choices) {
      const { state, violation } = await take();
      const next = { state, parent: visit, choice };
      const broken = found(violation, next);
      if (broken) return broken;
      const key = stateKey(state);
      if (seen.has(key)) continue;
      seen.add(key);
      open.push(next);
    }
    if (seen.size >= maxStates) return { scenario, states: seen.size, isComplete: false };
  }
  return { scenario, states: seen.size, isComplete: true };
}

/**
 * Follows one path through a scenario, to its end or to a broken rule. `picks` are the indices of
 * the choices, modulo their number.
 */
export async function walk(
  scenario: Scenario,
  picks: Iterable<number>,
): Promise<{ trace: number[]; violation?: Violation }> {
  const automata = new Automata();
  let state = await firstState(scenario, automata);
  const trace: number[] = [];
  for (const pick of picks) {
    const choices = choicesOf(scenario, automata, state);
    const index = pick % choices.length;
    const choice = choices[index];
    if (!choice) break;
    trace.push(index);
    const taken = await choice.take();
    if (taken.violation) return { trace, violation: taken.violation };
    state = taken.state;
  }
  const violation = await checkIfQuiet(scenario, automata, state, new Set());
  return violation ? { trace, violation } : { trace };
}

/** Describes the choices of a trace, and the rules that they break. */
export async function tell(scenario: Scenario, trace: readonly number[]): Promise<string[]> {
  const automata = new Automata();
  let state = await firstState(scenario, automata);
  const lines: string[] = [];
  for (const [number, index] of trace.entries()) {
    const choice: Choice | undefined = choicesOf(scenario, automata, state)[index];
    if (!choice) throw new RangeError(`Step ${number + 1} of the trace has no choice ${index}`);
    lines.push(`${String(number + 1).padStart(3)}. ${choice.story()}`);
    const { state: next, violation } = await choice.take();
    state = next;
    if (violation) return [...lines, broken(violation)];
  }
  const violation = await checkIfQuiet(scenario, automata, state, new Set());
  if (violation)
    lines.push('     every event that was not delivered is lost, and a sweep goes round', broken(violation));
  return lines;
}

function broken({ invariant, seen }: Violation): string {
  return `Broken: ${INVARIANTS[invariant]} (${invariant}): ${seen}`;
}

/**
 * Shuffles the choices, so that a bounded exploration visits all kinds of states.
 */
function shuffle<T>(list: T[], random: () => number): void {
  for (let last = list.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [list[last], list[other]] = [list[other] as T, list[last] as T];
  }
}

function traceOf(visit: Visit): number[] {
  const trace: number[] = [];
  for (let each = visit; each.parent; each = each.parent) trace.unshift(each.choice);
  return trace;
}

/**
 * Checks the repair. After the last call of the last phase the faults may be over: then a sweep,
 * minutes later, must make every record correct, and again after the execution has ended without an
 * event.
 */
async function checkIfQuiet(
  scenario: Scenario,
  automata: Automata,
  state: State,
  quiet: Set<string>,
): Promise<Violation | undefined> {
  if (state.actors.length > 0 || state.phase < scenario.phases.length - 1) return undefined;
  const key = `${worldKey(state.world)}|${state.accepted}`;
  if (quiet.has(key)) return undefined;
  quiet.add(key);
  const swept = await sweepRound(automata, state);
  if (swept.violation) return swept.violation;
  const first = checkQuiet(swept.state);
  if (first) return first;
  let { world } = swept.state;
  for (const arn of runningExecutions(world)) world = endExecution(world, arn, 'SUCCEEDED');
  const again = await sweepRound(automata, { ...swept.state, world });
  return again.violation ?? checkQuiet(again.state);
}

async function sweepRound(
  automata: Automata,
  before: State,
): Promise<{ state: State; violation?: Violation }> {
  const world = { ...later(before.world, BETWEEN_PHASES_MS), events: [] };
  const { name, run } = sweep('the last sweep');
  let actor = await automata.actor(name, world.now, run);
  let state: State = { ...before, world };
  for (;;) {
    const [next] = actor.position.pending;
    const [outcome] = next ? apply(state.world, next.request) : [];
    if (!next || !outcome) break;
    const moved = { ...state, world: outcome.world };
    const violation = checkStep(state, moved);
    if (violation) return { state: moved, violation };
    state = moved;
    const position = await actor.automaton.next(actor.position, next.index, outcome.response);
    actor = { ...actor, position };
  }
  const result = actor.position.result;
  if (result && 'error' in result) {
    return {
      state,
      violation: { invariant: 'no-surprise', seen: `the last sweep failed: ${result.error.message}` },
    };
  }
  return { state };
}
