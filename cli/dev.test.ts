/**
 * `dev` serves an edited app again: a real process, on a project outside the repository.
 */
import { type ChildProcess, spawn } from 'node:child_process';
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
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProcessClient, type ProcessClient } from '../client/index.ts';
import { until } from '../test/kit/until.ts';

const ROOT = join(import.meta.dirname, '..');
const PARAMETERS = { 'state.$': '$', 'attempt.$': '$$.State.RetryCount' };
const project = mkdtempSync(join(tmpdir(), 'dev-'));
const inProject = (...path: string[]) => join(project, ...path);

function write(path: string, text: string): void {
  mkdirSync(dirname(inProject(path)), { recursive: true });
  writeFileSync(inProject(path), text);
}

/** A step that outputs a word. With `gate`, it first waits for that file. */
function writeStep(name: string, word: string, gate = ''): void {
  const wait = `while (!existsSync('${inProject(gate)}')) await new Promise((done) => setTimeout(done, 10));`;
  write(
    `steps/${name}.ts`,
    `import { existsSync, writeFileSync } from 'node:fs';
import { step } from '${ROOT}/core/step/step.ts';
import { mark } from './mark.ts';
export const handler = step({
  reads: {},
  run: async () => {
    ${gate && `writeFileSync('${inProject(`${gate}.reached`)}', ''); ${wait}`}
    return { output: { word: '${word}' + mark } };
  },
});
`,
  );
}

/** A machine of these steps, one after the other. */
function writeMachine(...steps: string[]): void {
  const states = steps.map((name, index) => {
    const next = steps[index + 1];
    const transition = next === undefined ? { End: true } : { Next: next };
    return [name, { Type: 'Task', Resource: `\${${name}}`, Parameters: PARAMETERS, ...transition }];
  });
  write('steps/machine.asl.json', JSON.stringify({ StartAt: steps[0], States: Object.fromEntries(states) }));
}

function writeApp(outputStep: string, more = ''): void {
  write(
    'app.ts',
    `import { App, Stack } from '${ROOT}/node_modules/aws-cdk-lib/index.js';
import { ProcessFacade } from '${ROOT}/infra/process-facade.ts';
const stack = new Stack(new App(), 'Watched');
const words = { folder: '${inProject('steps')}', outputStep: '${outputStep}' };
new ProcessFacade(stack, 'Facade', { definitions: { words, ${more} } });
`,
  );
}

let dev: ChildProcess;
let client: ProcessClient;
let printed = '';
const served = () => printed.match(/^Served again .*$/gm) ?? [];
const problems = () => printed.match(/^SynthesisFailed: .*$/gm) ?? [];

/** Edits the app, and resolves with the line that says that it is served. */
async function servedAfter(edit: () => void): Promise<string> {
  const count = served().length;
  edit();
  await until(() => served().length > count);
  return served().at(-1) ?? '';
}

const word = async () => client.run('words', {});

beforeAll(async () => {
  write('package.json', '{ "type": "module" }');
  write('steps/mark.ts', "export const mark = '';\n");
  write('steps/input.schema.json', '{}');
  writeStep('First', 'one');
  writeMachine('First');
  writeApp('First');
  const options = ['--port', '0', '--data-dir', 'data', '--outputs', 'run/outputs.json'];
  dev = spawn(process.execPath, [join(ROOT, 'cli/process-facade.ts'), 'dev', '--app', 'app.ts', ...options], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [dev.stdout, dev.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  await until(() => printed.includes('The facade is ready.') || dev.exitCode !== null);
  client = createProcessClient(JSON.parse(readFileSync(inProject('run/outputs.json'), 'utf8')));
}, 120_000);

afterAll(async () => {
  client[Symbol.dispose]();
  dev.kill();
  await until(() => dev.exitCode !== null);
  rmSync(project, { recursive: true });
});

describe('dev', { timeout: 120_000 }, () => {
  it('serves an edited step, and names it', async () => {
    expect(await word()).toEqual({ word: 'one' });
    const line = await servedAfter(() => writeStep('First', 'uno'));
    expect(line).toMatch(/^Served again after a change of steps\/First\.ts \(\d+\.\d s\)$/);
    expect(await word()).toEqual({ word: 'uno' });
  });

  it('serves an edit of what a step imports', async () => {
    await servedAfter(() => write('steps/mark.ts', "export const mark = '!';\n"));
    expect(await word()).toEqual({ word: 'uno!' });
  });

  it('serves an edited input schema', async () => {
    await servedAfter(() => write('steps/input.schema.json', '{ "required": ["name"] }'));
    await expect(word()).rejects.toThrow(/InvalidInput|name/);
    await servedAfter(() => write('steps/input.schema.json', '{}'));
  });

  it('ends a running invocation on the old code, and its execution on the old machine', async () => {
    await servedAfter(() => writeStep('First', 'old', 'gate'));
    const running = word();
    await until(() => existsSync(inProject('gate.reached')));
    await servedAfter(() => writeStep('First', 'new'));
    writeStep('Second', 'second');
    writeMachine('First', 'Second');
    writeApp('Second');
    // It may be served in between, too.
    await until(async () => ((await word()) as { word: string }).word === 'second!');
    write('gate', '');
    expect(await running).toEqual({ word: 'old!' });
  });

  it('still serves the earlier app while a step does not build, says so once, and recovers', async () => {
    const broken = 'export const handler = ;\n';
    write('steps/Second.ts', broken);
    await until(() => problems().length === 1);
    expect(printed).toContain('Second.ts:1');
    expect(await word()).toEqual({ word: 'second!' });
    await servedAfter(() => writeStep('Second', 'repaired'));
    expect(await word()).toEqual({ word: 'repaired!' });
    expect(problems()).toHaveLength(1);
  });

  it('says what is wrong with a machine, and serves it once a missing step is written', async () => {
    writeMachine('First', 'Second', 'Third');
    await until(() => problems().length === 2);
    expect(problems().at(-1)).toContain('Third.ts');
    await servedAfter(() => writeStep('Third', 'third'));
    await servedAfter(() => writeApp('Third'));
    expect(await word()).toEqual({ word: 'third!' });
  });

  it('loses no edit that is made during a synthesis', async () => {
    writeStep('Third', 'early');
    await until(() =>
      readdirSync(inProject('.local/assembly')).some((name) => name.startsWith('unfinished')),
    );
    writeStep('Third', 'late');
    await until(async () => ((await word()) as { word: string }).word === 'late!');
  });

  it('ends the processes of a definition that is removed from the app', async () => {
    await servedAfter(() => writeApp('Third', 'other: words'));
    await servedAfter(() => writeStep('First', 'slow', 'other'));
    const running = client.run('other', {});
    await until(() => existsSync(inProject('other.reached')));
    await servedAfter(() => writeApp('Third'));
    write('other', '');
    await expect(running).rejects.toThrow(/ended FAILED/);
  });
});
