/**
 * Definitions that change while processes run: a local runtime is stopped with processes in flight,
 * and started with another app over the same data. Each row of docs/changing-definitions.md is a
 * test here.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProcessClient, createProcessId, type ProcessClient } from '../client/index.ts';
import { type LocalRuntime, startLocal } from '../local/start-local.ts';

const ROOT = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'changes-'));

/** A state of a machine: a Wait of some seconds, or a step with its code. */
type State =
  | { name: string; seconds: number }
  | { name: string; run: string; reads?: string; place?: 'Map' | 'loop' };
type Definition = {
  states: State[];
  outputStep: string;
  required?: string[];
  starts?: Record<string, string[]>;
};

const step = (name: string, version = 1): State => ({
  name,
  run: `{ output: { step: '${name}', version: ${version} } }`,
});
/** Waits until the test opens the gate, also over a restart: the step is called again. */
const gate: State = {
  name: 'Gate',
  run: "(await fetch(input.gate), { output: { passed: true }, route: { items: ['only'] } })",
};

/** Its document has the amount under the given name. */
const priced = (amount: string): State => ({ name: 'Price', run: `{ output: { ${amount}: 7 } }` });
const charge = (amount: string): State => ({
  name: 'Charge',
  reads: `Price: z.object({ ${amount}: z.number() })`,
  run: '{ output: { charged: true } }',
});
const starter: State = {
  name: 'Starter',
  run: "{ output: await startDownstream(context, 'step-added', input) }",
};

const BEFORE: Record<string, Definition> = {
  removed: { states: [gate, step('Last')], outputStep: 'Last' },
  'removed-waiting': {
    states: [step('First'), { name: 'Pause', seconds: 600 }, step('Last')],
    outputStep: 'Last',
  },
  'old-name': { states: [step('Last')], outputStep: 'Last' },
  'step-added': { states: [gate, step('Last', 1)], outputStep: 'Last' },
  'step-removed': { states: [gate, step('Middle'), step('Last')], outputStep: 'Last' },
  'schema-changed': { states: [gate, step('Last')], outputStep: 'Last' },
  'output-changed': { states: [gate, step('Last')], outputStep: 'Gate' },
  'into-map': { states: [gate, step('Last')], outputStep: 'Gate' },
  'into-loop': { states: [gate, step('Last')], outputStep: 'Gate' },
  'out-of-map': { states: [gate, { ...step('Last'), place: 'Map' }], outputStep: 'Gate' },
  'out-of-loop': { states: [gate, { ...step('Last'), place: 'loop' }], outputStep: 'Gate' },
  'document-changed': { states: [priced('cents'), gate, charge('cents')], outputStep: 'Charge' },
  'starts-changed': {
    states: [gate, starter],
    outputStep: 'Starter',
    starts: { Starter: ['step-added'] },
  },
};
const AFTER: Record<string, Definition> = {
  'new-name': { states: [step('Last')], outputStep: 'Last' },
  'step-added': { states: [gate, step('Added'), step('Last', 2)], outputStep: 'Last' },
  'step-removed': { states: [gate, step('Last')], outputStep: 'Last' },
  'schema-changed': { states: [gate, step('Last')], outputStep: 'Last', required: ['gate', 'more'] },
  'output-changed': { states: [gate, step('Last')], outputStep: 'Last' },
  'into-map': { states: [gate, { ...step('Last'), place: 'Map' }], outputStep: 'Gate' },
  'into-loop': { states: [gate, { ...step('Last'), place: 'loop' }], outputStep: 'Gate' },
  'out-of-map': { states: [gate, step('Last')], outputStep: 'Gate' },
  'out-of-loop': { states: [gate, step('Last')], outputStep: 'Gate' },
  'document-changed': { states: [priced('euros'), gate, charge('euros')], outputStep: 'Charge' },
  'starts-changed': {
    states: [gate, starter],
    outputStep: 'Starter',
    starts: { Starter: ['output-changed'] },
  },
};

/** A CDK app with these definitions. */
function writeApp(name: string, definitions: Record<string, Definition>, settings = ''): string {
  const props = Object.entries(definitions).map(
    ([definition, { states, outputStep, required = ['gate'], starts }]) => {
      const at = join(folder, name, definition);
      mkdirSync(at, { recursive: true });
      const schema = { type: 'object', required };
      writeFileSync(join(at, 'input.schema.json'), JSON.stringify(schema));
      writeFileSync(join(at, 'machine.asl.json'), JSON.stringify(machineOf(states)));
      for (const state of states) {
        if (!('run' in state)) continue;
        writeFileSync(
          join(at, `${state.name}.ts`),
          `import * as z from '${ROOT}/node_modules/zod/index.js';
import { startDownstream } from '${ROOT}/core/step/start-downstream.ts';
import { step } from '${ROOT}/core/step/step.ts';
const reads = { input: z.object({ gate: z.string() }), ${state.reads ?? ''} };
export const handler = step({ reads, run: async ({ input }, context) => (${state.run}) });
`,
        );
      }
      const more = starts ? `, starts: ${JSON.stringify(starts)}` : '';
      return `'${definition}': { folder: '${at}', outputStep: '${outputStep}'${more} }`;
    },
  );
  const app = join(folder, `${name}.ts`);
  writeFileSync(
    app,
    `import { App, Duration, Stack } from '${ROOT}/node_modules/aws-cdk-lib/index.js';
import { ProcessFacade } from '${ROOT}/infra/process-facade.ts';
const stack = new Stack(new App(), 'Changing');
new ProcessFacade(stack, 'Facade', { definitions: { ${props.join(', ')} }, ${settings} });
`,
  );
  return app;
}

/** The state through which the machine reaches a step: a Map around it, or the step itself. */
const entryOf = (state: State) => ('place' in state && state.place === 'Map' ? 'Each' : state.name);

function machineOf(states: State[]) {
  // A failure is final at once.
  const Retry = [{ ErrorEquals: ['States.ALL'], MaxAttempts: 0 }];
  const entries = states.flatMap((state, index) => {
    const next = states[index + 1];
    const then = next === undefined ? { End: true } : { Next: entryOf(next) };
    const rest =
      'run' in state
        ? { Type: 'Task', Resource: `\${${state.name}}`, Retry }
        : { Type: 'Wait', Seconds: state.seconds };
    if (!('run' in state) || !state.place) return [[state.name, { ...rest, ...then }]];
    if (state.place === 'loop') {
      const again = { Variable: '$.again', IsPresent: true, Next: state.name };
      return [
        [state.name, { ...rest, Next: 'Again' }],
        ['Again', { Type: 'Choice', Choices: [again], Default: 'Done' }],
        ['Done', { Type: 'Succeed' }],
      ];
    }
    const ItemProcessor = { StartAt: state.name, States: { [state.name]: { ...rest, End: true } } };
    const Each = { Type: 'Map', ItemsPath: '$.items', ItemProcessor, End: true };
    return [[entryOf(state), Each]];
  });
  return { StartAt: states[0]?.name, States: Object.fromEntries(entries) };
}

let isOpen = false;
let atGate = 0;
const gateServer = createServer((_, response: ServerResponse) => {
  atGate++;
  if (isOpen) response.end('pass');
});
let input: { gate: string };
let runtime: LocalRuntime;
let client: ProcessClient;

async function serve(app: string): Promise<void> {
  runtime = await startLocal({ app, port: 0, dataDir: join(folder, 'data') });
  client = createProcessClient(runtime.outputs);
}

/** The processes by what happens to them. */
const ids: Record<string, string> = {};
const idOf = (name: string) => ids[name] ?? '';

async function begin(name: string, definition: string): Promise<void> {
  const processId = createProcessId();
  ids[name] = processId;
  await client.start(definition, input, { processId });
}

beforeAll(async () => {
  await new Promise<void>((done) => gateServer.listen(0, '127.0.0.1', done));
  input = { gate: `http://127.0.0.1:${(gateServer.address() as AddressInfo).port}` };
  const after = writeApp(
    'after',
    AFTER,
    'dataRetention: Duration.days(400), repairAfter: Duration.seconds(5), sweepAfter: Duration.minutes(9), tracing: false',
  );
  await serve(writeApp('before', BEFORE));
  const gated = Object.keys(BEFORE).filter((name) => BEFORE[name]?.states.includes(gate));
  for (const definition of gated) await begin(definition, definition);
  for (const name of ['waiting', 'waiting-to-stop']) await begin(name, 'removed-waiting');
  await begin('ended', 'old-name');
  await client.wait(idOf('ended'));
  for (const name of ['waiting', 'waiting-to-stop'])
    while ((await client.history(idOf(name))).items.every(({ type }) => type !== 'WaitStateEntered'));
  while (atGate < gated.length) await new Promise((done) => gateServer.once('request', done));
  client.dispose();
  await runtime.close();
  isOpen = true;
  await serve(after);
}, 240_000);
afterAll(async () => {
  client.dispose();
  await runtime.close();
  gateServer.close();
  gateServer.closeAllConnections();
  rmSync(folder, { recursive: true });
});

const outcomeOf = (name: string) => client.wait(idOf(name)).catch((error: unknown) => error);

describe('a definition that was removed', () => {
  it('ends its process at the next transition, with the reason', async () => {
    expect(await outcomeOf('removed')).toMatchObject({
      name: 'ProcessFailedError',
      state: { status: 'FAILED', version: 2, error: 'States.Runtime' },
      cause: expect.stringMatching(/^State machine .*-removed has been deleted\.$/),
    });
  });

  it('leaves a waiting process running; it can be read, swept and stopped', async () => {
    expect(await client.get(idOf('waiting'))).toMatchObject({ status: 'RUNNING', stepsDone: 1 });
    const data = await client.data(idOf('waiting'));
    expect(data.input.content).toEqual(input);
    expect(data.steps).toMatchObject([{ step: 'First', content: { step: 'First', version: 1 } }]);
    expect((await client.history(idOf('waiting'))).items.at(-1)?.type).toBe('WaitStateEntered');

    Object.assign(process.env, runtime.operatorEnvironment);
    const swept = await new LambdaClient({}).send(
      new InvokeCommand({ FunctionName: runtime.outputs.sweepFunction }),
    );
    expect(JSON.parse(swept.Payload?.transformToString() ?? '')).toMatchObject({ failed: 0, wrapped: true });

    expect(await client.stop(idOf('waiting-to-stop'), { reason: 'not needed' })).toMatchObject({
      status: 'ABORTED',
    });
    expect(await outcomeOf('waiting-to-stop')).toMatchObject({ state: { status: 'ABORTED', version: 2 } });
  });

  it('cannot be started or redriven, but ended processes can be read', async () => {
    await expect(client.start('removed', input)).rejects.toMatchObject({ errorType: 'UnknownDefinition' });
    await outcomeOf('removed');
    await expect(client.redrive(idOf('removed'))).rejects.toMatchObject({ errorType: 'NotRedrivable' });
    expect(await client.get(idOf('ended'))).toMatchObject({ status: 'SUCCEEDED', definition: 'old-name' });
    expect((await client.data(idOf('ended'))).output?.content).toEqual({ step: 'Last', version: 1 });
    expect((await client.history(idOf('ended'))).items.length).toBeGreaterThan(2);
  });

  it('under a new name is another definition: an old id is a conflict there', async () => {
    await expect(client.start('new-name', input, { processId: idOf('ended') })).rejects.toMatchObject({
      errorType: 'ProcessConflict',
    });
    expect(await client.run('new-name', input)).toEqual({ step: 'Last', version: 1 });
  });
});

describe('a machine that was edited', () => {
  it('to have one more step ends a running process on the old machine, with the new code of its steps', async () => {
    expect(await outcomeOf('step-added')).toMatchObject({ status: 'SUCCEEDED', stepsDone: 2 });
    expect((await client.data(idOf('step-added'))).output?.content).toEqual({ step: 'Last', version: 2 });
    const processId = createProcessId();
    await client.run('step-added', input, { processId });
    expect(await client.get(processId)).toMatchObject({ status: 'SUCCEEDED', stepsDone: 3 });
  });

  it('to have one step less fails a process that was about to reach it', async () => {
    expect(await outcomeOf('step-removed')).toMatchObject({
      name: 'ProcessFailedError',
      // The deployment has also removed the permission of the machine's role to invoke the step.
      error: 'Lambda.AWSLambdaException',
      cause: expect.stringContaining('is not authorized to perform: lambda:InvokeFunction'),
    });
    expect(await client.run('step-removed', input)).toEqual({ step: 'Last', version: 1 });
  });
});

describe('a changed input schema', () => {
  it('leaves a process running; its start cannot be repeated with an input that is no longer valid', async () => {
    expect(await outcomeOf('schema-changed')).toMatchObject({ status: 'SUCCEEDED' });
    const processId = idOf('schema-changed');
    await expect(client.start('schema-changed', input, { processId })).rejects.toMatchObject({
      errorType: 'InvalidInput',
    });
  });
});

describe('a changed output step', () => {
  it('applies to processes started afterwards, not to earlier ones', async () => {
    expect(await outcomeOf('output-changed')).toMatchObject({ status: 'SUCCEEDED' });
    expect((await client.data(idOf('output-changed'))).output?.content).toEqual({ passed: true });
    expect(await client.run('output-changed', input)).toEqual({ step: 'Last', version: 1 });
  });
});

describe('a step that was moved', () => {
  it.each(['into-map', 'into-loop', 'out-of-map', 'out-of-loop'])(
    '%s writes its document where its machine says',
    async (name) => {
      expect(await outcomeOf(name)).toMatchObject({ status: 'SUCCEEDED' });
      const { steps } = await client.data(idOf(name));
      const last = steps.filter(({ step }) => step === 'Last').map(({ part }) => part ?? '');
      const form = { 'into-map': /^$/, 'into-loop': /^$/, 'out-of-map': /^0$/, 'out-of-loop': /^20.*Z$/ }[
        name
      ];
      expect(last).toEqual([expect.stringMatching(form ?? /never/)]);
    },
  );
});

describe('a document with a changed shape', () => {
  it('fails a step that reads one of the old shape', async () => {
    expect(await outcomeOf('document-changed')).toMatchObject({
      name: 'ProcessFailedError',
      error: 'DocumentMismatch',
      cause: expect.stringContaining('Price'),
    });
    expect(await client.run('document-changed', input)).toEqual({ charged: true });
  });
});

describe('the definitions that a step may start', () => {
  it('are those of the deployed construct, also for earlier processes', async () => {
    expect(await outcomeOf('starts-changed')).toMatchObject({
      name: 'ProcessFailedError',
      error: 'StartNotAllowed',
    });
  });
});

describe('changed settings of the construct', () => {
  it('leave the data of every process intact', async () => {
    for (const name of Object.keys(ids)) expect((await client.data(idOf(name))).input.content).toEqual(input);
  });
});
