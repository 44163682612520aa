/**
 * Reads the Task states of a machine in Amazon States Language, and which of them are in a loop.
 *
 * https://states-language.net/spec.html
 */

/** The fields of a state that are read here. */
type State = {
  Type?: string;
  Next?: string;
  Default?: string;
  Choices?: { Next?: string }[];
  Catch?: { Next?: string }[];
  Branches?: Machine[];
  Iterator?: Machine;
  ItemProcessor?: Machine;
  Parameters?: unknown;
  ItemSelector?: Record<string, unknown>;
  Resource?: unknown;
};

/** A machine, or the part of one inside a Parallel or Map. */
export type Machine = { StartAt?: string; States?: Record<string, State>; Comment?: string };

/** A Task state and its position in the machine. */
export type Task = {
  name: string;
  state: State;
  /** Whether a path leads from the state back to itself. */
  loops: boolean;
  /** The Parallel and Map states around it, from the outermost, each with its name. */
  inside: { name: string; state: State; loops: boolean }[];
};

/** Returns every Task state of the machine, in the order of the file. */
export function tasksOf(machine: Machine, inside: Task['inside'] = []): Task[] {
  const states = machine.States ?? {};
  return Object.entries(states).flatMap(([name, state]) => {
    const loops = reaches(states, name, name);
    if (state.Type === 'Task') return [{ name, state, loops, inside }];
    const inner = [...(state.Branches ?? []), state.ItemProcessor ?? state.Iterator].filter(
      (part) => part !== undefined,
    );
    return inner.flatMap((part) => tasksOf(part, [...inside, { name, state, loops }]));
  });
}

function reaches(states: Record<string, State>, from: string, to: string, seen = new Set<string>()): boolean {
  return nextOf(Object.hasOwn(states, from) ? states[from] : undefined).some((next) => {
    if (next === to) return true;
    if (seen.has(next)) return false;
    seen.add(next);
    return reaches(states, next, to, seen);
  });
}

function nextOf(state: State | undefined): string[] {
  const branches = [...(state?.Choices ?? []), ...(state?.Catch ?? [])].map(({ Next }) => Next);
  return [state?.Next, state?.Default, ...branches].filter((name) => name !== undefined);
}
