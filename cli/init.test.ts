import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCli } from './spawn-cli.ts';

const ROOT = join(import.meta.dirname, '..');
const parent = mkdtempSync(join(tmpdir(), 'init-'));
afterAll(() => rmSync(parent, { recursive: true }));

const init = (folder: string, cwd = parent) => runCli(['init', folder], { cwd });
const json = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8'));

describe('init', () => {
  it('makes the app, named after its folder, and prints the next commands', async () => {
    const { code, stdout, errors } = await init('Tea shop');
    expect({ code, errors }).toEqual({ code: 0, errors: [] });
    expect(stdout).toContain("Created tea-shop. Next:\n\n  cd 'Tea shop'\n  npm install\n  npm test");
    const app = join(parent, 'Tea shop');
    expect(json(app, 'package.json').name).toBe('tea-shop');
    expect(readFileSync(join(app, 'bin/app.ts'), 'utf8')).toContain("new Stack(new App(), 'TeaShop')");
    expect(readFileSync(join(app, '.gitignore'), 'utf8')).toContain('node_modules\n');
    const texts = execFileSync('git', ['ls-files', 'examples/own-app'], { cwd: ROOT, encoding: 'utf8' });
    const files = texts
      .trim()
      .split('\n')
      .map((file) => file.slice('examples/own-app/'.length));
    for (const file of files) {
      expect(readFileSync(join(app, file), 'utf8')).not.toMatch(/own-app|OwnApp/);
    }
  });

  it('takes the current folder if none is named, also where it is a new repository', async () => {
    const folder = join(parent, 'here');
    mkdirSync(join(folder, '.git'), { recursive: true });
    const { code, stdout } = await runCli(['init'], { cwd: folder });
    expect(code).toBe(0);
    expect(stdout).toContain('Created here. Next:\n\n  npm install');
    expect(existsSync(join(folder, 'package.json'))).toBe(true);
  });

  it.each([
    ['process-facade', 'process-facade-app', 'ProcessFacadeApp'],
    ['zod', 'zod-app', 'ZodApp'],
    ['2 Läden_', '2-l-den', 'App2LDen'],
    ['constructor', 'constructor', 'Constructor'],
  ])('in the folder %s makes %s, and the stack %s', async (folder, name, stack) => {
    expect((await init(folder)).code).toBe(0);
    expect(json(parent, folder, 'package.json').name).toBe(name);
    expect(readFileSync(join(parent, folder, 'bin/app.ts'), 'utf8')).toContain(`'${stack}'`);
  });

  it('rejects a folder that has files, and leaves it as it is', async () => {
    const folder = join(parent, 'used');
    mkdirSync(folder);
    writeFileSync(join(folder, 'notes.txt'), '');
    expect(await init('used')).toMatchObject({
      code: 1,
      errors: ['Expected an empty folder, got used, which has notes.txt. Name a new folder.'],
    });
    expect(readdirSync(folder)).toEqual(['notes.txt']);
  });

  it('rejects what cannot be a folder, or name an app', async () => {
    writeFileSync(join(parent, 'file'), '');
    expect((await init('file')).errors).toEqual(['Expected a folder, got the file file.']);
    expect((await init('file/app')).errors).toEqual([expect.stringMatching(/^ENOTDIR: not a directory/)]);
    expect((await init('42')).errors).toEqual([
      'Expected a folder whose name has a letter from a to z, got [42]: it names the app.',
    ]);
  });
});

describe('the app that it makes', () => {
  it('needs the versions that the repository is tested with', () => {
    const here = json(ROOT, 'package.json');
    const { dependencies: tools } = json(ROOT, 'tools/package.json');
    const own = { 'process-facade': `^${here.version}`, 'process-facade-client': `^${here.version}` };
    const known = {
      ...tools,
      ...here.dependencies,
      ...here.devDependencies,
      ...here.peerDependencies,
      ...own,
    };
    const app = json(ROOT, 'examples/own-app/package.json');
    for (const [name, range] of Object.entries({ ...app.dependencies, ...app.devDependencies }))
      expect({ [name]: range }).toEqual({ [name]: known[name] });
    expect(app.engines).toEqual(here.engines);
  });
});
