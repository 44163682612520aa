/** Finds the documents that a step reads and that cannot exist when it runs. */
import { INPUT } from '../core/documents.ts';
import { innerMachines, type Machine, reaches, type State, stepNameOf } from './task-states.ts';

/** A state, and those around it from the outermost. */
type Place = { machine: Machine; name: string; state: State }[];

const EVERY = '/*';

/**
 * Returns what is wrong with the documents that a step reads: those that no step can have written
 * when it runs. A step in another branch of a Parallel can.
 */
export function problemsOfReads(machine: Machine, reader: string, documents: readonly string[]): string[] {
  const places = new Map(placesOf(machine));
  const at = places.get(reader);
  return documents.flatMap((document) => {
    if (!at || document === INPUT) return [];
    const isEvery = document.endsWith(EVERY);
    const step = isEvery ? document.slice(0, -EVERY.length) : document;
    const problem = problemOf(places, step, at, isEvery);
    return problem ? [`Step [${reader}] reads [${document}]: ${problem}`] : [];
  });
}

function problemOf(
  places: ReadonlyMap<string, Place>,
  step: string,
  reader: Place,
  isEvery: boolean,
): string | undefined {
  const writer = places.get(step);
  if (!writer) {
    const names = [INPUT, ...places.keys()].join(', ');
    return `No step is called [${step}]. Expected one of ${names}`;
  }
  const shared = sharedDepth(writer, reader);
  const inOtherMap = writer.slice(shared).some(({ state }) => state.Type === 'Map');
  if (inOtherMap && !isEvery) return `[${step}] runs for each item of a Map. Read [${step}${EVERY}]`;
  // Other items of the same Map may be further.
  const sharesMap = writer.slice(0, shared).some(({ state }) => state.Type === 'Map');
  if ((isEvery && sharesMap) || canPrecede(writer, reader)) return undefined;
  return `[${step}] never runs before it. Read it in a later step`;
}

function placesOf(machine: Machine, around: Place = []): [step: string, Place][] {
  return Object.entries(machine.States ?? {}).flatMap(([name, state]) => {
    const place = [...around, { machine, name, state }];
    if (state.Type === 'Task') return [[stepNameOf(name), place] as [string, Place]];
    return innerMachines(state).flatMap((inner) => placesOf(inner, place));
  });
}

/** Returns how many states are around both. */
function sharedDepth(writer: Place, reader: Place): number {
  const differs = writer.findIndex(({ state }, depth) => state !== reader[depth]?.state);
  return differs < 0 ? writer.length : differs;
}

function canPrecede(writer: Place, reader: Place): boolean {
  for (const [depth, { machine, name }] of reader.entries()) {
    const other = writer[depth];
    // Another branch of the Parallel around both.
    if (other?.machine !== machine) return true;
    if (reaches(machine.States ?? {}, other.name, name)) return true;
    if (other.name !== name) return false;
  }
  return false;
}
