import { relative } from 'node:path';
import { decode, encode, type SourceMapSegment } from '@jridgewell/sourcemap-codec';

/** A source map, version 3, as esbuild writes it: https://tc39.es/ecma426/ */
type SourceMap = { version: 3; sources: string[]; names: string[]; mappings: string };

/**
 * The source map without the code of packages, which makes up nine tenths of it: Node.js reads it
 * at every cold start. Its sources are named from `root`, so that a stack trace and the hash of an
 * asset are the same on every machine.
 *
 * `sourceOf` makes a path of the machine of what the map calls a source.
 */
export function ownSourceMap(json: string, root: string, sourceOf: (source: string) => string): string {
  const map = JSON.parse(json) as SourceMap;
  const sources: string[] = [];
  const names: string[] = [];
  const indexOfSource = map.sources.map((source) => {
    const path = sourceOf(source);
    if (/[\\/]node_modules[\\/]/.test(path)) return undefined;
    return (
      sources.push(
        relative(root, path)
          .replaceAll('\\', '/')
          .replace(/^(\.\.\/)+/, ''),
      ) - 1
    );
  });
  const indexOfName = new Map<number, number>();
  const nameOf = (index: number) => {
    const kept = indexOfName.get(index) ?? names.push(map.names[index] ?? '') - 1;
    indexOfName.set(index, kept);
    return kept;
  };

  const lines = decode(map.mappings).map((line) => {
    const kept: SourceMapSegment[] = [];
    for (const [column, source = -1, sourceLine = 0, sourceColumn = 0, name] of line) {
      const index = indexOfSource[source];
      if (index === undefined) {
        // Where the code of a package begins, what came before it ends.
        if (kept.length > 0 && kept.at(-1)?.length !== 1) kept.push([column]);
      } else if (name === undefined) {
        kept.push([column, index, sourceLine, sourceColumn]);
      } else {
        kept.push([column, index, sourceLine, sourceColumn, nameOf(name)]);
      }
    }
    return kept;
  });
  return JSON.stringify({ version: 3, sources, names, mappings: encode(lines) });
}
