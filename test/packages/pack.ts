/**
 * Builds the tarballs once for all tests of the packages, by `npm pack` alone.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { runIn } from './commands.ts';

/** A packed package: the tarball, and the paths of the files in it. */
export type Tarball = { file: string; version: string; entries: readonly string[] };

declare module 'vitest' {
  export interface ProvidedContext {
    tarballs: Record<string, Tarball>;
  }
}

export async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'facade-tarballs-'));
  const root = join(import.meta.dirname, '../..');
  const args = ['pack', '--json', '--pack-destination', folder, '--workspaces', '--include-workspace-root'];
  const packed = parsePacked(await runIn(root, 'npm', args));
  project.provide(
    'tarballs',
    Object.fromEntries(
      packed.map(({ name, version, filename, files }) => [
        name,
        { file: join(folder, filename), version, entries: files.map(({ path }) => path) },
      ]),
    ),
  );
  return () => rmSync(folder, { recursive: true, force: true });
}

type Packed = { name: string; version: string; filename: string; files: { path: string }[] };

/** Lines of the build come before the JSON, which is a list or an object by npm's version. */
function parsePacked(stdout: string): Packed[] {
  return Object.values(JSON.parse(stdout.slice(stdout.search(/^[[{]$/m))));
}
