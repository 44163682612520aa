import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { type CliEnd, runCli, spawnCli } from '../cli/spawn-cli.ts';
import { createProcessId, type ProcessData, type ProcessEvent } from '../client/index.ts';
import { outputsTexts } from '../local/outputs-files.ts';
import { newClient, outputs } from './facade.ts';

const ROOT = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'cli facade-'));
const client = newClient();
afterAll(() => {
  client.dispose();
  rmSync(folder, { recursive: true });
});

function write(name: string, content: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(content));
  return file;
}

const reachedBy = ['--outputs', write('outputs.json', outputs)];
const words = write('words.json', { words: ['one'] });
const order = join(ROOT, 'examples/order.json');
const declined = join(ROOT, 'examples/order-declined.json');
const nothing = write('nothing.json', {});

const run = (args: string[], stdin = ''): Promise<CliEnd> => runCli([...args, ...reachedBy], { stdin });
const SIX_STEPS = ['A', 'B', 'C', 'D', 'E', 'F'].map((letter) =>
  expect.stringMatching(new RegExp(`^Step${letter} written \\(\\d+ bytes\\)$`)),
);
/** The errors without the time of day. */
const texts = ({ errors }: CliEnd) => errors.map((line) => line.replace(/^\d\d:\d\d:\d\d /, ''));

describe('start --watch', () => {
  it.each(['auto', 'subscription'])('via %s shows each step, and prints the output', async (via) => {
    const end = await run(['start', 'order', '--input', order, '--watch', '--via', via]);
    expect(end.code).toBe(0);
    expect(JSON.parse(end.stdout)).toMatchObject({ orderId: 'A-1001' });
    expect(texts(end).slice(0, 2)).toEqual([
      expect.stringMatching(/^Process \[.*\] of \[order\]$/),
      'RUNNING',
    ]);
    expect(texts(end)).toContainEqual(expect.stringMatching(/^PriceOrder written \(\d+ bytes\)$/));
    expect(texts(end).at(-1)).toBe('SUCCEEDED');
  });

  it('via polling does the same', async () => {
    const end = await run(['start', 'six-steps', '--input', words, '--watch', '--via', 'polling']);
    expect(end.code).toBe(0);
    expect(JSON.parse(end.stdout)).toMatchObject({ words: ['one'] });
    expect(texts(end)).toEqual([
      expect.stringMatching(/^Process \[.*\] of \[six-steps\]$/),
      'RUNNING',
      ...SIX_STEPS,
      'SUCCEEDED',
    ]);
  });

  it('of a process that fails prints no output, and its error and cause in one line', async () => {
    const end = await run(['start', 'order', '--input', declined, '--watch']);
    expect(end).toMatchObject({ code: 1, stdout: '' });
    expect(texts(end).slice(-2)).toEqual([
      'FAILED',
      expect.stringMatching(
        /^Process \[.*\] of \[order\] ended FAILED: PaymentDeclined: The card was declined/,
      ),
    ]);
  });

  it('of a process that times out exits with 1', async () => {
    const end = await run(['start', 'time-limit', '--input', words, '--watch']);
    expect(end).toMatchObject({ code: 1, stdout: '' });
    expect(texts(end).at(-1)).toMatch(/ended TIMED_OUT/);
  });
});

describe('start', () => {
  it('prints the first state, with which the process can be waited for and read', async () => {
    const started = await run(['start', 'six-steps', '--input', '-'], '{"words":["one"]}');
    expect(started).toMatchObject({ code: 0, errors: [] });
    const state = JSON.parse(started.stdout);
    expect(state).toMatchObject({ definition: 'six-steps', status: 'RUNNING', version: 1 });

    const { processId } = state;
    const ended = await run(['wait', processId]);
    expect(ended).toMatchObject({ code: 0, errors: [] });
    expect(JSON.parse(ended.stdout)).toMatchObject({ processId, status: 'SUCCEEDED', stepsDone: 6 });
    expect(await run(['state', processId])).toEqual(ended);

    const [all, some] = await Promise.all([
      run(['data', processId]),
      run(['data', processId, '--step', 'StepB', 'StepA']),
    ]);
    const steps = ({ stdout }: CliEnd) => (JSON.parse(stdout) as ProcessData).steps.map(({ step }) => step);
    expect(steps(all)).toEqual(['StepA', 'StepB', 'StepC', 'StepD', 'StepE', 'StepF']);
    expect(steps(some)).toEqual(['StepA', 'StepB']);
    expect(all.stdout).not.toContain('"url"');
    expect(JSON.parse(all.stdout)).toMatchObject({
      input: { content: { words: ['one'] } },
      output: { step: 'StepF', content: { words: ['one'] } },
    });
  });

  it('with an existing --id returns that process, and starts no other', async () => {
    const id = createProcessId();
    const first = await run(['start', 'six-steps', '--input', words, '--id', id, '--watch']);
    expect(first.code).toBe(0);
    const again = await run(['start', 'six-steps', '--input', words, '--id', id, '--watch']);
    expect(again).toMatchObject({ code: 0, stdout: first.stdout });
    expect(texts(again)).toEqual([`Process [${id}] of [six-steps]`, ...SIX_STEPS, 'SUCCEEDED']);
    const other = await run(['start', 'order', '--input', order, '--id', id]);
    expect(other).toMatchObject({ code: 1, stdout: '' });
    expect(other.errors).toEqual([expect.stringMatching(/^ProcessConflict: .*different definition/)]);
  });

  it('with an input that violates the schema prints a line for each path', async () => {
    const input = JSON.stringify({ orderId: 1, customer: {}, items: [{ sku: 'TEA-SENCHA', quantity: 0 }] });
    const { code, stdout, errors } = await run(['start', 'order', '--input', '-', '--watch'], input);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(errors[0]).toBe('InvalidInput: The input does not match the schema of [order]:');
    expect(
      errors
        .slice(1)
        .map((line) => /^ {2}(\/\S+) \S/.exec(line)?.[1])
        .sort(),
    ).toEqual(['/address', '/card', '/customer/email', '/customer/name', '/items/0/quantity', '/orderId']);
  });
});

describe('watch and wait', () => {
  it('print the output and the state of a process that has ended', async () => {
    const processId = createProcessId();
    await client.run('six-steps', { words: ['two'] }, { processId });
    const watched = await run(['watch', processId]);
    expect(watched.code).toBe(0);
    expect(JSON.parse(watched.stdout)).toMatchObject({ words: ['two'] });
    expect(texts(watched)).toEqual([`Process [${processId}] of [six-steps]`, ...SIX_STEPS, 'SUCCEEDED']);
  });

  it('fail for a process that has failed; wait still prints its state', async () => {
    const processId = createProcessId();
    await client.start(
      'trial',
      { fail: { name: 'Broken', message: 'two\nlines', attempts: 9 } },
      { processId },
    );
    const [watched, waited] = await Promise.all([run(['watch', processId]), run(['wait', processId])]);
    const line = `Process [${processId}] of [trial] ended FAILED: Broken: two lines`;
    expect(watched).toMatchObject({ code: 1, stdout: '' });
    expect(watched.errors.at(-1)).toBe(line);
    expect(waited).toMatchObject({ code: 1, errors: [line] });
    expect(JSON.parse(waited.stdout)).toMatchObject({ status: 'FAILED', error: 'Broken' });
  });

  it('exit with 1 at the timeout, and print the command to reattach', async () => {
    const { processId } = await client.start('pause', {});
    const end = await run(['watch', processId, '--timeout', '0.5', '--via', 'polling']);
    expect(end).toMatchObject({ code: 1, stdout: '' });
    expect(end.errors.at(-1)).toMatch(
      new RegExp(
        `^Timed out after 0.5 s\\. .* continues\\. .*-- watch ${processId} --outputs '.*' --via polling$`,
      ),
    );
    await client.wait(processId);
  });
});

describe('stop, redrive and history', () => {
  it('end a process with a reason, continue it to its end, and print what happened', async () => {
    const { processId } = await client.start('pause', {});
    const stopped = await run(['stop', processId, '--reason', 'ordered twice']);
    expect(stopped).toMatchObject({ code: 0, errors: [] });
    expect(JSON.parse(stopped.stdout)).toMatchObject({ status: 'ABORTED', cause: 'ordered twice' });
    const redriven = await run(['redrive', processId]);
    expect(redriven).toMatchObject({ code: 0, errors: [] });
    expect(JSON.parse(redriven.stdout)).toMatchObject({ status: 'RUNNING', version: 3 });
    expect((await run(['wait', processId])).code).toBe(0);
    const events = await run(['history', processId]);
    expect(events).toMatchObject({ code: 0, errors: [] });
    const types = (JSON.parse(events.stdout) as ProcessEvent[]).map(({ type }) => type);
    expect(types[0]).toBe('ExecutionStarted');
    expect(types).toContain('ExecutionRedriven');
    expect(types.at(-1)).toBe('ExecutionSucceeded');

    const late = await run(['stop', processId]);
    expect(late).toMatchObject({ code: 1, stdout: '' });
    expect(late.errors).toEqual([expect.stringMatching(/^ProcessNotRunning: .*its status is SUCCEEDED$/)]);
    const again = await run(['redrive', processId]);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.errors).toEqual([expect.stringMatching(/^NotRedrivable: .*its status is SUCCEEDED$/)]);
  });
});

describe('Ctrl-C', () => {
  it('leaves the process running, and the printed command reattaches', async () => {
    const watching = spawnCli(['start', 'pause', '--input', nothing, '--watch', ...reachedBy]);
    await watching.seen(/RUNNING/);
    watching.interrupt();
    // npm passes it on too.
    watching.interrupt();
    const interrupted = await watching.ended;
    expect(interrupted).toMatchObject({ code: 130, stdout: '' });
    const [, command = ''] =
      /^Interrupted\. Process \[.*\] continues\. To reattach: (.*)$/.exec(interrupted.errors.at(-1) ?? '') ??
      [];
    expect(command).toMatch(/^npm run process -- watch /);

    const attached = spawn('sh', ['-c', command.replace('npm run', 'npm run -s')], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(JSON.parse(await text(attached.stdout))).toEqual({ before: expect.any(String) });
  });
});

describe('one line on stderr reports', () => {
  const unknownId = createProcessId();
  const badKey = write('bad-key.json', { ...outputs, apiKey: 'da2-wrong' });
  it.each([
    [
      'an unknown definition',
      ['start', 'x', '--input', order, ...reachedBy],
      /^UnknownDefinition: .*\[order, .*\[x\]/,
    ],
    ['an unknown process', ['state', unknownId, ...reachedBy], /^ProcessNotFound: Process \[.*\] not found/],
    [
      'an unknown process to watch',
      ['watch', unknownId, ...reachedBy],
      /^ProcessNotFound: Process \[.*\] not found/,
    ],
    ['a wrong API key', ['definitions', '--outputs', badKey], /^The facade rejected the API key: .*`npm/],
    [
      'a wrong API key at a start',
      ['start', 'order', '--input', order, '--watch', '--outputs', badKey],
      /API key/,
    ],
  ] satisfies [string, string[], RegExp][])('%s', async (_, args, message) => {
    const { code, stdout, errors } = await runCli(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(errors).toEqual([expect.stringMatching(message)]);
  });
});

describe('definitions', () => {
  it('are printed with what a start needs to know', async () => {
    const { code, stdout, errors } = await run(['definitions']);
    expect({ code, errors }).toEqual({ code: 0, errors: [] });
    const order = (JSON.parse(stdout) as { name: string }[]).find(({ name }) => name === 'order');
    expect(Object.keys(order ?? {}).sort()).toEqual(['description', 'inputSchema', 'name', 'steps']);
  });

  it('--deployed prints each machine with the event that the construct adds', async () => {
    const place = join(folder, 'deployed');
    const { code, stdout, errors } = await runCli(['definitions', '--deployed', '--outputs', written(place)]);
    expect({ code, errors }).toEqual({ code: 0, errors: [] });
    const printed = JSON.parse(stdout) as { name: string; machine: { StartAt: string; States: object } }[];
    expect(printed.map(({ name }) => name)).toEqual((await client.definitions()).map(({ name }) => name));
    const order = printed.find(({ name }) => name === 'order')?.machine;
    const first = Object.entries(order?.States ?? {}).find(([name]) => name === order?.StartAt)?.[1];
    expect(first.Resource).toMatch(/^arn:aws:lambda:/);
    expect(Object.keys(first.Parameters)).toEqual(
      expect.arrayContaining(['bucket', 'processData.$', 'document.$', 'attempt.$']),
    );
  });

  it('--deployed of a machine that is not there names its definition', async () => {
    const file = written(join(folder, 'other'), { machineArnPrefix: `${outputs.machineArnPrefix}other-` });
    const { code, stdout, errors } = await runCli(['definitions', '--deployed', '--outputs', file]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(errors).toEqual([
      expect.stringMatching(/^Could not describe the machine of \[[^\]]+\]: State Machine Does Not Exist/),
    ]);
  });

  /** Writes the outputs and the operator's credentials as the runtime does. */
  function written(place: string, changed: Partial<typeof outputs> = {}): string {
    mkdirSync(place);
    const file = join(place, 'outputs.json');
    for (const [each, content] of outputsTexts(file, { ...outputs, ...changed }))
      writeFileSync(each, content);
    const lines = Object.entries(inject('operatorEnvironment')).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(join(place, 'operator.env'), lines.join(''));
    return file;
  }
});
