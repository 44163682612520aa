import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { synthesize } from './assembly.ts';

let folder: string;
let cache: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assembly-'));
  cache = join(folder, 'cache');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes an app in a folder of its own. It makes an assembly without the CDK, which is slow. */
function writeApp(name: string): string {
  const app = join(folder, name, `${name}.ts`);
  mkdirSync(dirname(app), { recursive: true });
  writeFileSync(
    app,
    `import { mkdirSync, writeFileSync } from 'node:fs';
const out = process.env.CDK_OUTDIR;
mkdirSync(out, { recursive: true });
writeFileSync(out + '/manifest.json', '"${name}"');
`,
  );
  return app;
}

/** As if the assembly had been used that long ago. */
function age(assembly: string, hours: number): void {
  const then = new Date(Date.now() - hours * 3_600_000);
  utimesSync(assembly, then, then);
}

describe('an assembly', () => {
  it('that is served is not removed, however long ago it was made; one that is not is', async () => {
    const served = await synthesize(writeApp('served'), cache);
    const idle = await synthesize(writeApp('idle'), cache);
    idle.release();
    age(served.folder, 72);
    age(idle.folder, 48);
    for (const name of ['a', 'b', 'c']) (await synthesize(writeApp(name), cache)).release();
    expect(existsSync(join(served.folder, 'manifest.json'))).toBe(true);
    expect(existsSync(idle.folder)).toBe(false);

    served.release();
    (await synthesize(writeApp('d'), cache)).release();
    expect(existsSync(served.folder)).toBe(false);
    expect(readdirSync(cache)).toHaveLength(3);
  });

  it('is cached by its last use, and not created again', async () => {
    const app = writeApp('used');
    const first = await synthesize(app, cache);
    first.release();
    writeFileSync(join(first.folder, 'mark'), '');
    for (const name of ['a', 'b']) (await synthesize(writeApp(name), cache)).release();
    age(first.folder, 48);
    const again = await synthesize(app, cache);
    again.release();
    (await synthesize(writeApp('c'), cache)).release();
    expect(again.folder).toBe(first.folder);
    expect(existsSync(join(first.folder, 'mark'))).toBe(true);
  });

  it('of one app for two runtimes at once is one, and stays while either serves it', async () => {
    const app = writeApp('shared');
    const [one, other] = await Promise.all([synthesize(app, cache), synthesize(writeApp('x'), cache)]);
    const beside = await synthesize(app, cache);
    expect(beside.folder).toBe(one.folder);
    one.release();
    other.release();
    age(beside.folder, 48);
    for (const name of ['a', 'b', 'c']) (await synthesize(writeApp(name), cache)).release();
    expect(existsSync(join(beside.folder, 'manifest.json'))).toBe(true);
    beside.release();
  });

  it('that was cut off half-way is removed after a day, and not before', async () => {
    const leftOver = join(cache, `${'0'.repeat(32)}.1`);
    mkdirSync(leftOver, { recursive: true });
    age(leftOver, 20);
    for (const name of ['a', 'b', 'c']) (await synthesize(writeApp(name), cache)).release();
    expect(existsSync(leftOver)).toBe(true);
    age(leftOver, 25);
    (await synthesize(writeApp('d'), cache)).release();
    expect(existsSync(leftOver)).toBe(false);
  });

  it('is in a folder that its owner alone reads', async () => {
    (await synthesize(writeApp('closed'), cache)).release();
    expect(statSync(cache).mode & 0o777).toBe(0o700);
  });

  it('of a file that is missing, or of a folder, says so', async () => {
    for (const app of [join(folder, 'nope.ts'), folder])
      await expect(synthesize(app, cache)).rejects.toThrow(`Could not synthesize ${app}: no such file`);
  });

  it("is made again when a source of the app's own project has changed", async () => {
    const app = writeApp('own');
    const source = join(dirname(app), 'lib', 'stack.mjs');
    mkdirSync(dirname(source));
    writeFileSync(join(dirname(app), 'package.json'), '{}');
    writeFileSync(source, 'export const size = 1;');
    const first = await synthesize(app, cache);
    writeFileSync(source, 'export const size = 2;');
    const second = await synthesize(app, cache);
    expect(second.folder).not.toBe(first.folder);
    for (const assembly of [first, second]) assembly.release();
  });
});
