/**
 * A state of an exploration: the world, the pending calls, and the faults that may still happen.
 * States are immutable.
 */
import { Automaton, type Position, type Run } from './actor.ts';
import type { Scenario } from './scenarios.ts';
import { EMPTY_WORLD, type World } from './world.ts';

/** A pending function; `owner` is its caller, undefined for the facade's own functions. */
export type Actor = { name: string; owner: string | undefined; automaton: Automaton; position: Position };

/** The faults that may still happen. */
type Budget = { crashes: number; duplicates: number; stale: number; ends: number };

export type State = {
  world: World;
  phase: number;
  actors: readonly Actor[];
  /** `<owner>/<processId>` of every process whose start returned to its caller, sorted. */
  accepted: readonly string[];
  budget: Budget;
};

/**
 * Long enough that no function of the previous phase is still running, and that the sweep checks
 * the existing processes.
 */
export const BETWEEN_PHASES_MS = 5 * 60_000;

/**
 * The automata of one scenario, by call and time. All states share them, so that each function runs
 * as rarely as possible.
 */
export class Automata {
  readonly #all = new Map<string, Automaton>();

  async actor(name: string, now: number, run: Run, owner?: string, key = name): Promise<Actor> {
    const full = `${key} at ${now}`;
    let automaton = this.#all.get(full);
    if (!automaton) {
      automaton = new Automaton(name, now, run);
      this.#all.set(full, automaton);
    }
    return { name, owner, automaton, position: await automaton.start() };
  }
}

/** Returns the first state of a scenario. */
export async function firstState(scenario: Scenario, automata: Automata): Promise<State> {
  const world: World = { ...EMPTY_WORLD, now: BETWEEN_PHASES_MS };
  const { crashes, duplicates, stale } = scenario;
  const state: State = {
    ...{ world, phase: 0, actors: [], accepted: [] },
    budget: { crashes, duplicates, stale, ends: 0 },
  };
  return enterPhase(scenario, automata, state, 0);
}

/** Returns the state in which the calls of a phase begin. */
export async function enterPhase(
  scenario: Scenario,
  automata: Automata,
  state: State,
  phase: number,
): Promise<State> {
  const { calls, ends = [] } = scenario.phases[phase] ?? { calls: [] };
  const actors: Actor[] = [];
  // One after the other: the logs of two concurrent functions could not be distinguished.
  for (const { name, owner, run } of calls) {
    actors.push(await automata.actor(name, state.world.now, run, owner));
  }
  return { ...state, phase, actors, budget: { ...state.budget, ends: ends.length } };
}

const interned = new Map<string, number>();
const known = new WeakMap<object, number>();

/** A number for the content of a part of a world; equal content has the same number. */
function intern(part: object): number {
  let number = known.get(part);
  if (number === undefined) {
    const content = Array.isArray(part)
      ? JSON.stringify(part)
      : JSON.stringify(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
    number = interned.get(content) ?? interned.size;
    interned.set(content, number);
    known.set(part, number);
  }
  return number;
}

/** Returns a key that is equal for equal worlds. */
export function worldKey({ now, objects, executions, events, published }: World): string {
  return `${now} ${intern(objects)} ${intern(executions)} ${intern(events)} ${intern(published)}`;
}

/** Returns a key that is equal for states with the same future. */
export function stateKey({ world, phase, actors, accepted, budget }: State): string {
  const under = actors.map(({ position }) => position.id).sort((a, b) => a - b);
  const { crashes, duplicates, stale, ends } = budget;
  return `${worldKey(world)}|${phase}|${under}|${accepted}|${crashes} ${duplicates} ${stale} ${ends}`;
}
