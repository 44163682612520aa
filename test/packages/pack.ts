/**
 * Builds the tarballs once for all tests of the packages, by `npm pack` alone, while other tests
 * already run.
 */
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { TestProject } from 'vitest/node';
import { runIn } from './commands.ts';

/** A packed package: the tarball, and the paths of the files in it. */
export type Tarball = { file: string; version: string; entries: readonly string[] };

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder of the tarballs. */
    tarballs: string;
  }
}

type Packed = { name: string; version: string; filename: string; files: { path: string }[] };

/** What became of the build, in the folder of the tarballs. */
const RESULT = 'result.json';

export function setup(project: TestProject): () => Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'facade-tarballs-'));
  project.provide('tarballs', folder);
  const packing = pack(folder).catch((error: Error) => ({ error: error.message }));
  const written = packing.then((result) => {
    writeFileSync(join(folder, 'unfinished.json'), JSON.stringify(result));
    renameSync(join(folder, 'unfinished.json'), join(folder, RESULT));
  });
  return async () => {
    await written;
    rmSync(folder, { recursive: true, force: true });
  };
}

/** Waits for the build and returns the tarball of a package. */
export async function packedTarball(folder: string, name: string): Promise<Tarball> {
  const file = join(folder, RESULT);
  while (!existsSync(file)) await delay(50);
  const result = JSON.parse(readFileSync(file, 'utf8'));
  if (result.error) throw new Error(result.error);
  return result[name];
}

async function pack(folder: string): Promise<Record<string, Tarball>> {
  const root = join(import.meta.dirname, '../..');
  const args = ['pack', '--json', '--pack-destination', folder, '--workspaces', '--include-workspace-root'];
  const packed = parsePacked(await runIn(root, 'npm', args));
  return Object.fromEntries(
    packed.map(({ name, version, filename, files }) => [
      name,
      { file: join(folder, filename), version, entries: files.map(({ path }) => path) },
    ]),
  );
}

/** Lines of the build come before the JSON, which is a list or an object by npm's version. */
function parsePacked(stdout: string): Packed[] {
  return Object.values(JSON.parse(stdout.slice(stdout.search(/^[[{]$/m))));
}
