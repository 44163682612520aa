/**
 * Runs the client code of the README, and checks the links of the documentation.
 */
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { outputs } from './facade.ts';

const ROOT = join(import.meta.dirname, '..');
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'readme-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the README', () => {
  it('shows client code that runs an order and prints its steps and its output', async () => {
    const code = /<!-- run by test\/docs.test.ts -->\n```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
    expect(code).not.toBe('');
    symlinkSync(join(ROOT, 'client'), join(folder, 'client'));
    cpSync(join(ROOT, 'examples'), join(folder, 'examples'), { recursive: true });
    mkdirSync(join(folder, '.local'));
    writeFileSync(join(folder, '.local/outputs.json'), JSON.stringify(outputs));
    // The package is built for `npm pack` only.
    const local = code.replace("'process-facade-client'", "'./client/index.ts'");
    expect(local).not.toBe(code);
    writeFileSync(join(folder, 'example.mts'), local);
    const child = spawn(process.execPath, ['example.mts'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const closed = new Promise<number | null>((done) => child.once('close', done));
    const printed = await text(child.stdout);
    expect(await closed).toBe(0);
    expect(printed).toContain('RUNNING');
    expect(printed).toContain('SUCCEEDED');
    expect(printed).toContain("orderId: 'A-1001'");
  });

  it('and the other documents link to existing files', () => {
    const documents = globSync(['*.md', 'docs/*.md', 'local/*.md', 'bench/*.md'], { cwd: ROOT });
    const broken = documents.flatMap((document) => {
      const links = [...readFileSync(join(ROOT, document), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)/g)];
      return links
        .map(([, link = '']) => join(dirname(document), link))
        .filter((link) => !existsSync(join(ROOT, link)));
    });
    expect(broken).toEqual([]);
  });

  it('names only existing npm scripts', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    const named = [...readme.matchAll(/npm run (\w+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });
});
