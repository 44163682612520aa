import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'callers of facades-')));
afterAll(() => rmSync(folder, { recursive: true }));
const module = JSON.stringify(pathToFileURL(join(import.meta.dirname, 'definition-folder.ts')));

function write(name: string, text: string): string {
  mkdirSync(join(folder, name, '..'), { recursive: true });
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

write(
  'facade.mjs',
  `import { callerOf } from ${module};
export class Facade { constructor() { this.caller = callerOf(Facade); } }
`,
);

const print = 'console.log(new Facade().caller)';

describe('the caller of a facade', () => {
  it.each([
    ['an ES module', 'bin/app.mjs', `import { Facade } from '../facade.mjs';\n${print}`],
    ['TypeScript', 'bin/app.ts', `import { Facade } from '../facade.mjs';\nconst at: string = ''; ${print}`],
    ['CommonJS', 'bin/app.cjs', `const { Facade } = require('../facade.mjs');\n${print}`],
    [
      'an app without stack traces',
      'bin/no-stack.mjs',
      `import { Facade } from '../facade.mjs';\nError.stackTraceLimit = 0; ${print}`,
    ],
  ])('is the file of %s', (_, name, text) => {
    const file = write(name, text);
    expect(execFileSync(process.execPath, ['--no-warnings', file], { encoding: 'utf8' })).toBe(`${file}\n`);
  });

  it('is the file of a subclass, which names the folders', () => {
    const subclass = write(
      'lib/own.mjs',
      "import { Facade } from '../facade.mjs';\nexport class Own extends Facade { constructor() { super(); } }",
    );
    const app = write('bin/sub.mjs', "import { Own } from '../lib/own.mjs';\nconsole.log(new Own().caller)");
    expect(execFileSync(process.execPath, ['--no-warnings', app], { encoding: 'utf8' })).toBe(
      `${subclass}\n`,
    );
  });
});
