/**
 * Errors at startup are one clear line, with a non-zero exit code.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
/** `npm start`. */
const DEV = ['cli/process-facade.ts', 'dev', '--app', 'infra/app.ts'];
const folder = mkdtempSync(join(tmpdir(), 'startup-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs `npm start` with these arguments until it exits by itself. */
async function start(...args: string[]): Promise<{ code: number | null; lines: string[] }> {
  const dataDir = ['--data-dir', join(folder, 'data'), '--outputs', join(folder, 'outputs.json')];
  const child = spawn(process.execPath, [...DEV, '--port', '0', ...dataDir, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = new Promise<number | null>((done) => child.once('close', done));
  const errors = await text(child.stderr);
  const lines = errors.split('\n').filter((line) => line !== '' && !line.startsWith('Reading '));
  return { code: await closed, lines };
}

/** Creates an app with one definition of the given machine, and extra resources. */
function writeApp(name: string, machine: string, more = ''): string {
  const steps = join(folder, name);
  mkdirSync(steps, { recursive: true });
  writeFileSync(join(steps, 'machine.asl.json'), machine);
  writeFileSync(join(steps, 'input.schema.json'), '{}');
  writeFileSync(
    join(steps, 'Do.ts'),
    `import { step } from '${ROOT}/core/step/step.ts';\nexport const handler = step({ reads: {}, run: () => ({ output: {} }) });\n`,
  );
  const app = join(folder, `${name}.ts`);
  writeFileSync(
    app,
    `import { App, Stack } from '${ROOT}/node_modules/aws-cdk-lib/index.js';
import { ProcessFacade } from '${ROOT}/infra/process-facade.ts';
const stack = new Stack(new App(), 'Bad');
const facade = new ProcessFacade(stack, 'Facade', { definitions: { bad: { folder: '${steps}', outputStep: 'Do' } } });
${more}
`,
  );
  return app;
}

const PARAMETERS = { 'state.$': '$', 'attempt.$': '$$.State.RetryCount' };
const GOOD = JSON.stringify({
  StartAt: 'Do',
  States: { Do: { Type: 'Task', Resource: `\${Do}`, Parameters: PARAMETERS, End: true } },
});

describe('npm start', () => {
  it('on a port in use prints the port and the option', async () => {
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const { port } = other.address() as AddressInfo;
    const { code, lines } = await start('--port', String(port));
    other.close();
    expect(code).toBe(1);
    expect(lines).toEqual([expect.stringMatching(`^PortInUse: Port ${port} is in use\\..*--port`)]);
  });

  it('on a data folder that cannot be written prints the folder', async () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    const { code, lines } = await start('--data-dir', join(file, 'data'));
    expect(code).toBe(1);
    expect(lines).toEqual([
      expect.stringMatching(/^DataFolderUnusable: Could not open data folder \[.*a-file\/data\]/),
    ]);
  });

  it('of an app with a machine that is not valid JSON names the file', async () => {
    const { code, lines } = await start('--app', writeApp('no-json', '{"StartAt": '));
    expect(code).toBe(1);
    expect(lines).toEqual([
      expect.stringMatching(/^SynthesisFailed: .*no-json\/machine\.asl\.json is not valid JSON/),
    ]);
  });

  it('of an app with an invalid machine names the problem', async () => {
    const { code, lines } = await start(
      '--app',
      writeApp('broken', GOOD.replace('"End":true', '"Next":"Nowhere"')),
    );
    expect(code).toBe(1);
    expect(lines).toEqual([expect.stringMatching(/^SynthesisFailed: .*Definition \[bad\].*Nowhere/)]);
  });

  it('of an app with a step that does not build names the place', async () => {
    const app = writeApp('unbuilt', GOOD);
    writeFileSync(join(folder, 'unbuilt/Do.ts'), 'export const handler = ;\n');
    const { code, lines } = await start('--app', app);
    expect(code).toBe(1);
    expect(lines[0]).toMatch(/^SynthesisFailed/);
    expect(lines.join('\n')).toContain('Do.ts:1');
  });

  it("of a template that gives the facade's bucket what is not supported names the property", async () => {
    const lock = "facade.bucket.node.defaultChild.addPropertyOverride('ObjectLockEnabled', true);";
    const { code, lines } = await start('--app', writeApp('locked', GOOD, lock));
    expect(code).toBe(1);
    expect(lines).toEqual([
      expect.stringMatching(
        /^UnsupportedTemplate: .*Bad\/Facade\/Data: property ObjectLockEnabled of AWS::S3::Bucket$/,
      ),
    ]);
  });

  it('of an app without a facade says what it expects', async () => {
    const app = join(folder, 'bare.ts');
    writeFileSync(
      app,
      `import { App, Stack } from '${ROOT}/node_modules/aws-cdk-lib/index.js';\nnew Stack(new App(), 'Bare');\n`,
    );
    const { code, lines } = await start('--app', app);
    expect(code).toBe(1);
    expect(lines).toEqual([expect.stringMatching(/^UnsupportedTemplate: .*an app without a ProcessFacade/)]);
  });

  it('of a machine that the engine would run differently names the feature and the state', async () => {
    const selector = `"ResultSelector":{"words.$":"States.StringSplit('a b', ' ')"}`;
    const { code, lines } = await start(
      '--app',
      writeApp('split', GOOD.replace('"End"', `${selector},"End"`)),
    );
    expect(code).toBe(1);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^DefinitionError: .*Do.*States\.StringSplit/);
  });

  it.each([['--port', 'x'], ['--port', '70000'], ['--nothing']])(
    'with %s %s says what it expects',
    async (...args) => {
      const { code, lines } = await start(...(args.filter(Boolean) as string[]));
      expect(code).toBe(1);
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(/^error: /);
    },
  );
});

describe('an older Node', () => {
  it('gets the remedy in one line, before it loads any TypeScript', async () => {
    const pretend = "Object.defineProperty(process, 'versions', { value: { node: '20.1.0' } });";
    const child = spawn(
      process.execPath,
      [
        '--import',
        `data:text/javascript,${encodeURIComponent(pretend)}`,
        '--import',
        './require-node-24.js',
        ...DEV,
      ],
      { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const closed = new Promise<number | null>((done) => child.once('close', done));
    const errors = (await text(child.stderr)).trim();
    expect(await closed).toBe(1);
    expect(errors.split('\n')).toHaveLength(1);
    expect(errors).toMatch(/^Node 24 or newer is needed.*npm ci/);
  });

  it('is checked by every npm script that runs TypeScript', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const script of Object.values(scripts)) {
      for (const command of script.split('&&')) {
        if (/\bnode .*\.ts\b/.test(command)) expect(command).toContain('--import ./require-node-24.js');
      }
    }
  });
});
