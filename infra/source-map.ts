import { relative } from 'node:path';
import { decode, encode, type SourceMapSegment } from '@jridgewell/sourcemap-codec';

/** A source map, version 3, as esbuild writes it: https://tc39.es/ecma426/ */
type SourceMap = { version: 3; sources: string[]; names: string[]; mappings: string };

/**
 * Returns the source map without the code of packages, which makes up nine tenths of it: Node.js
 * reads the map at every cold start. Sources are named relative to `root`, so that a stack trace
 * and the hash of an asset are the same on every machine.
 *
 * `sourceOf` resolves a source of the map to a path.
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
    const known = indexOfName.get(index) ?? names.push(map.names[index] ?? '') - 1;
    indexOfName.set(index, known);
    return known;
  };

  const lines = decode(map.mappings).map((line) => {
    const segments: SourceMapSegment[] = [];
    for (const [column, source = -1, sourceLine = 0, sourceColumn = 0, name] of line) {
      const index = indexOfSource[source];
      if (index === undefined) {
        // The code of a package begins here, which ends the segment before it.
        if (segments.length > 0 && segments.at(-1)?.length !== 1) segments.push([column]);
      } else if (name === undefined) {
        segments.push([column, index, sourceLine, sourceColumn]);
      } else {
        segments.push([column, index, sourceLine, sourceColumn, nameOf(name)]);
      }
    }
    return segments;
  });
  return JSON.stringify({ version: 3, sources, names, mappings: encode(lines) });
}
