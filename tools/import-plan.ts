/**
 * Reads the imports of all source files (tests and what only serves tests left out) and reduces
 * them to rooms, that is folders, and the edges between them. A room may import only from rooms on
 * lower floors: an import that climbs closes a cycle of rooms.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';

/** Imports of a source file by other source files, as paths relative to the root. */
export type ImportGraph = ReadonlyMap<string, ReadonlySet<string>>;

/** Reads the graph of the given files (paths relative to `root`). Type imports count too. */
export function readImports(root: string, files: readonly string[]): ImportGraph {
  const known = new Set(files);
  return new Map(
    files.map((file) => {
      const { importedFiles } = ts.preProcessFile(readFileSync(join(root, file), 'utf8'), true, true);
      const targets = importedFiles
        .filter(({ fileName }) => fileName.startsWith('.'))
        .map(({ fileName }) => join(dirname(file), fileName))
        .filter((target) => known.has(target) && target !== file);
      return [file, new Set(targets)];
    }),
  );
}

/** Returns the graph of folders: an edge for each pair of folders with at least one import. */
export function roomsOf(graph: ImportGraph): ImportGraph {
  const rooms = new Map<string, Set<string>>();
  for (const [file, targets] of graph) {
    const room = dirname(file);
    const edges = rooms.get(room) ?? new Set();
    rooms.set(room, edges);
    for (const target of targets) if (dirname(target) !== room) edges.add(dirname(target));
  }
  return rooms;
}

/**
 * Returns the strongly connected components with more than one member, each sorted (Tarjan 1972).
 */
export function cyclesOf(graph: ImportGraph): string[][] {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const cycles: string[][] = [];
  const visit = (node: string): number => {
    const index = order.size;
    let lowest = index;
    order.set(node, index);
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      if (!order.has(next)) lowest = Math.min(lowest, visit(next));
      else if (stack.includes(next)) lowest = Math.min(lowest, low.get(next) ?? order.get(next) ?? lowest);
    }
    low.set(node, lowest);
    if (lowest === index) {
      const cycle = stack.splice(stack.indexOf(node));
      if (cycle.length > 1) cycles.push(cycle.sort());
    }
    return lowest;
  };
  for (const node of graph.keys()) if (!order.has(node)) visit(node);
  return cycles;
}

/**
 * Returns the floor of each room: 0 imports no other room, else one above the highest that it
 * imports. Needs an acyclic graph.
 */
export function floorsOf(rooms: ImportGraph): ReadonlyMap<string, number> {
  const floors = new Map<string, number>();
  const floorOf = (room: string): number => {
    const known = floors.get(room);
    if (known !== undefined) return known;
    floors.set(room, 0);
    const floor = Math.max(-1, ...[...(rooms.get(room) ?? [])].map(floorOf)) + 1;
    floors.set(room, floor);
    return floor;
  };
  for (const room of rooms.keys()) floorOf(room);
  return floors;
}
