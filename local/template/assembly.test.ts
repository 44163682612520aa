import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
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

const MAKES_ASSEMBLY = (name: string) => `import { mkdirSync, writeFileSync } from 'node:fs';
const out = process.env.CDK_OUTDIR;
mkdirSync(out, { recursive: true });
writeFileSync(out + '/manifest.json', '"${name}"');
`;

/** Writes an app in a folder of its own. It makes an assembly without the CDK, which is slow. */
function writeApp(name: string): string {
  const app = join(folder, name, `${name}.ts`);
  mkdirSync(dirname(app), { recursive: true });
  writeFileSync(app, MAKES_ASSEMBLY(name));
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

  /** An app in a project of its own, which runs this code before it makes its assembly. */
  async function writeProject(code: string): Promise<string> {
    const app = writeApp('own');
    writeFileSync(join(dirname(app), 'package.json'), '{}');
    writeFileSync(app, `import fs, { existsSync, readdirSync, readFileSync } from 'node:fs';\n`);
    for (const text of [
      `import { execSync } from 'node:child_process';\n`,
      code,
      '\n',
      MAKES_ASSEMBLY('own'),
    ])
      appendFileSync(app, text);
    return app;
  }

  it.each([
    ['a module that it imports', "import '../lib.mjs';"],
    [
      'a module that it requires',
      "process.getBuiltinModule('module').createRequire(import.meta.url)('../lib.mjs');",
    ],
    ['a file that it reads', "readFileSync(import.meta.dirname + '/../lib.mjs');"],
    [
      'a file that it reads asynchronously',
      "await fs.promises.readFile(import.meta.dirname + '/../lib.mjs');",
    ],
    ['a file that it looks for', "existsSync(import.meta.dirname + '/appears.mjs');"],
    ['a folder that it lists', 'readdirSync(import.meta.dirname);'],
    ['a folder of modules', ''],
    ['whatever its programs may read', "execSync('true');"],
  ])('is made again after a change of %s', async (_, code) => {
    const app = await writeProject(code);
    const lib = join(folder, 'lib.mjs');
    const appears = join(dirname(app), 'appears.mjs');
    writeFileSync(lib, '1;');
    const first = await synthesize(app, cache);
    first.release();
    if (code.includes('lib')) writeFileSync(lib, '2;');
    else writeFileSync(appears, '');
    const second = await synthesize(app, cache);
    second.release();
    expect(second.folder).not.toBe(first.folder);
  });

  it('is not made again after a change of what it does not read', async () => {
    const app = await writeProject("existsSync(import.meta.dirname + '/settings.json');");
    const first = await synthesize(app, cache);
    first.release();
    writeFileSync(join(dirname(app), 'README.md'), '');
    mkdirSync(join(dirname(app), 'web'));
    writeFileSync(join(dirname(app), 'web', 'page.ts'), '');
    const second = await synthesize(app, cache);
    second.release();
    expect(second.folder).toBe(first.folder);
  });

  it('has the context of cdk.json, as the command line of the CDK passes it', async () => {
    const app = await writeProject("fs.writeFileSync('context.txt', process.env.CDK_CONTEXT_JSON);");
    const before = process.cwd();
    process.chdir(dirname(app));
    try {
      writeFileSync('cdk.json', '{ "context": { "stage": "test" } }');
      (await synthesize(app, cache)).release();
      expect(JSON.parse(readFileSync('context.txt', 'utf8'))).toEqual({ stage: 'test' });
    } finally {
      process.chdir(before);
    }
  });
});
