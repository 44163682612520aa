/**
 * Reads the Task states of a machine in Amazon States Language, and which of them are in a loop.
 *
 * https://states-language.net/spec.html
 */

/** The fields of a state that are read here. */
export type State = {
  Type?: string;
  Next?: string;
  End?: boolean;
  Default?: string;
  Choices?: { Next?: string; Assign?: object }[];
  Catch?: { Next?: string; Assign?: object }[];
  Retry?: { ErrorEquals?: string[] }[];
  Assign?: object;
  Branches?: Machine[];
  Iterator?: Machine;
  ItemProcessor?: Machine;
  Parameters?: unknown;
  ItemSelector?: unknown;
  Resource?: unknown;
  QueryLanguage?: string;
};

/** A machine, or the part of one inside a Parallel or Map. */
export type Machine = {
  StartAt?: string;
  States?: Record<string, State>;
  Comment?: string;
  QueryLanguage?: string;
  ProcessorConfig?: { Mode?: string };
};

/** A state and its position in the machine. */
export type PlacedState = {
  name: string;
  state: State;
  /** Whether the state, or one around it, is entered repeatedly: a path leads from it to itself. */
  loops: boolean;
  /** How many Maps are around the state. */
  maps: number;
};

/** Returns every state of the machine, in the order of the file. */
export function statesOf(machine: Machine, around = { loops: false, maps: 0 }): PlacedState[] {
  const states = machine.States ?? {};
  return Object.entries(states).flatMap(([name, state]) => {
    const loops = around.loops || reaches(states, name, name);
    const inside = { loops, maps: around.maps + (state.Type === 'Map' ? 1 : 0) };
    return [
      { name, state, ...around, loops },
      ...innerMachines(state).flatMap((inner) => statesOf(inner, inside)),
    ];
  });
}

/** Returns the name of a Task state's step: `Validate order` is `ValidateOrder`. */
export function stepNameOf(stateName: string): string {
  return stateName.replace(/ +(.?)/gu, (_, next: string) => next.toUpperCase());
}

/** Returns the machines inside a state: the branches of a Parallel, the processor of a Map. */
export function innerMachines({ Branches = [], ItemProcessor, Iterator }: State): Machine[] {
  return [...Branches, ItemProcessor ?? Iterator].filter((machine) => machine !== undefined);
}

/** Returns whether a path leads from one state to another. */
export function reaches(
  states: Record<string, State>,
  from: string,
  to: string,
  seen = new Set<string>(),
): boolean {
  return nextOf(Object.hasOwn(states, from) ? states[from] : undefined).some((next) => {
    if (next === to) return true;
    if (seen.has(next)) return false;
    seen.add(next);
    return reaches(states, next, to, seen);
  });
}

/** Returns the names of the states that can follow a state. */
export function nextOf(state: State | undefined): string[] {
  const branches = [...(state?.Choices ?? []), ...(state?.Catch ?? [])].map(({ Next }) => Next);
  return [state?.Next, state?.Default, ...branches].filter((name) => name !== undefined);
}
