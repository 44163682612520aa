/**
 * The operations of the facade, each once, so that a withheld permission makes one of them fail.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { v5 as uuidv5 } from 'uuid';
import { createProcessId } from '../../client/index.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { executionInput, executionName } from '../../core/definitions.ts';
import { readDocument, writeInput } from '../../core/documents.ts';
import { type DataRef, dataKey } from '../../core/keys.ts';
import { markRunning, readMark } from '../../core/process-index.ts';
import { startedState } from '../../core/state.ts';
import { createState, readState, updateState } from '../../core/state-record.ts';
import { usualScenarios } from './usual-scenarios.ts';
import { endOf, expectThat, invoke, type Side, type World } from './world.ts';

/** One operation of the facade. Throws if it fails. */
export type Scenario = { name: string; run(world: World): Promise<void> };

const quietly = (name: string, run: (side: Side) => Promise<void>): Scenario => ({
  name,
  run: ({ quiet }) => run(quiet),
});

const dataOf = (definition: string): DataRef => ({
  owner: 'api-key',
  processId: createProcessId(),
  definition,
});

const example = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../examples/${name}.json`), 'utf8'));

const INPUTS: Record<string, unknown> = {
  order: example('order'),
  shipping: {
    orderId: 'A-1',
    address: example('order').address,
    items: [{ sku: 'TEA-EARL-GREY', quantity: 1, weightGrams: 100 }],
  },
  pause: {},
  'loop-and-map': { from: 2 },
};

async function start({ client }: Side, definition: string, input = INPUTS[definition]): Promise<DataRef> {
  const data = dataOf(definition);
  await client.start(definition, input, { processId: data.processId });
  return data;
}

/** Makes the record look as if the process had started long ago, without an event since. */
async function backdate({ bucket }: Side, data: DataRef): Promise<void> {
  const startedAt = new Date(Date.now() - 600_000).toISOString();
  await updateState(bucket, data, (record) => ({ ...record, startedAt }));
}

const status = async ({ bucket }: Side, data: DataRef) => (await readState(bucket, data))?.status;

async function expectEnded(side: Side, data: DataRef, expected: string): Promise<void> {
  const found = await status(side, data);
  expectThat(found === expected, `the record to say ${expected}, not ${found}`);
  expectThat((await readMark(side.bucket, data)) === undefined, 'the marker to be removed');
}

/** Writes what a start leaves that was interrupted after its first write. */
async function writeInputAlone({ bucket }: Side, data: DataRef): Promise<void> {
  const input = INPUTS[data.definition];
  const sha256 = createHash('sha256').update(canonicalJson(input)).digest('hex');
  const header = { sha256, startedAt: new Date().toISOString(), startId: 'earlier' };
  await writeInput(bucket, data, JSON.stringify(input), header);
}

const runs = ['order', 'shipping', 'pause', 'loop-and-map'].map((definition) =>
  quietly(`a process of ${definition} ends`, async (side) => {
    const data = await start(side, definition);
    const { status: ended, error } = await endOf(side, data);
    expectThat(ended === 'SUCCEEDED', `the end SUCCEEDED, not ${ended} ${error}`);
  }),
);

const starts = [
  quietly('an interrupted start is repeated, twice', async (side) => {
    const data = dataOf('pause');
    await writeInputAlone(side, data);
    for (let times = 0; times < 2; times++)
      await side.client.start('pause', INPUTS.pause, { processId: data.processId });
    await invoke(side, side.runtime.outputs.statusChangeFunction, ended(data, 'ABORTED'));
    // The input alone identifies the process, but the state of an ended one is needed.
    const again = await side.client.start('pause', INPUTS.pause, { processId: data.processId });
    expectThat(again.status === 'ABORTED', `the state ABORTED, not ${again.status}`);
  }),
  quietly(
    'a step starts another process, also after an interrupted start, and only for a parent',
    async (side) => {
      const parent = dataOf('order');
      const request = (of: DataRef) => ({
        ...{ processData: dataKey(of), step: 'StartShipping', definition: 'shipping' },
        input: JSON.stringify(INPUTS.shipping),
      });
      const ask = (of: DataRef) =>
        invoke(side, side.startDownstream, request(of)) as Promise<{
          value?: { processId: string };
          error?: { type: string };
        }>;
      expectThat((await ask(parent)).error?.type === 'StartNotAllowed', 'StartNotAllowed without a parent');
      await createState(side.bucket, parent, startedState(parent, 'order', 7, new Date()));
      const first = (await ask(parent)).value;
      expectThat(
        first !== undefined && (await ask(parent)).value?.processId === first.processId,
        'one process',
      );
      // The same start, interrupted after its first write.
      const other = dataOf('order');
      await createState(side.bucket, other, startedState(other, 'order', 7, new Date()));
      const processId = uuidv5('StartShipping||shipping', other.processId);
      await writeInputAlone(side, { ...other, processId, definition: 'shipping' });
      expectThat((await ask(other)).value?.processId === processId, 'the process that broke off');
      // A parent that a redrive is about to continue.
      await invoke(side, side.runtime.outputs.statusChangeFunction, ended(other, 'FAILED'));
      await markRunning(side.bucket, other, 1, 'redrive');
      expectThat((await ask(other)).value?.processId === processId, 'the child of a redriven parent');
    },
  ),
];

const compensation = quietly('an order with a declined card releases its stock', async (side) => {
  const data = await start(side, 'order', example('order-declined'));
  const { status: end, error } = await endOf(side, data);
  expectThat(end === 'FAILED' && error === 'PaymentDeclined', `PaymentDeclined, not ${error}`);
  const released = await readDocument(side.bucket, data, { step: 'ReleaseStock' });
  expectThat(released !== undefined, 'the document of ReleaseStock');
});

/** Returns the event of an end, as the rule delivers it. */
function ended(data: DataRef, to: string) {
  return {
    detail: {
      ...{ executionArn: 'arn:of:it', name: executionName(data), status: to },
      ...{ input: executionInput(data), stopDate: Date.now(), error: null, cause: null, redriveCount: 0 },
    },
  };
}

const control = [
  quietly('an end is recorded and published, and the marker removed', async (side) => {
    const data = await start(side, 'pause');
    await invoke(side, side.runtime.outputs.statusChangeFunction, ended(data, 'ABORTED'));
    await expectEnded(side, data, 'ABORTED');
  }),
  quietly('an event of a process without a record fails by name', async (side) => {
    const failed = await invoke(
      side,
      side.runtime.outputs.statusChangeFunction,
      ended(dataOf('pause'), 'FAILED'),
    ).catch((error: Error) => error.message);
    expectThat(String(failed).includes('UnknownExecution'), `UnknownExecution, not ${failed}`);
  }),
  quietly('a reader of a state that has been RUNNING for long gets the end', async (side) => {
    const data = await start(side, 'loop-and-map');
    await endOf(side, data);
    await backdate(side, data);
    const read = await side.client.get(data.processId);
    expectThat(read.status === 'SUCCEEDED' && read.stepsDone === 4, `the end, not ${read.status}`);
    await expectEnded(side, data, 'SUCCEEDED');
  }),
  quietly('the sweep finds an end without an event', async (side) => {
    const data = await start(side, 'loop-and-map');
    await endOf(side, data);
    await new Promise((done) => setTimeout(done, 1_100));
    const swept = (await invoke(side, side.runtime.outputs.sweepFunction)) as {
      failed: number;
      wrapped: boolean;
    };
    expectThat(swept.failed === 0 && swept.wrapped, `a sweep without failures, not ${JSON.stringify(swept)}`);
    await expectEnded(side, data, 'SUCCEEDED');
  }),
  quietly('the sweep keeps a start that has recorded nothing yet', async (side) => {
    const data = dataOf('pause');
    await markRunning(side.bucket, data, 0, 'early');
    await new Promise((done) => setTimeout(done, 1_100));
    const swept = (await invoke(side, side.runtime.outputs.sweepFunction)) as {
      failed: number;
      wrapped: boolean;
    };
    expectThat(swept.failed === 0 && swept.wrapped, `a sweep without failures, not ${JSON.stringify(swept)}`);
    expectThat((await readMark(side.bucket, data)) !== undefined, 'the marker to stay');
  }),
  quietly('a process is stopped, then redriven', async (side) => {
    const data = await start(side, 'pause');
    const stopped = await side.client.stop(data.processId);
    expectThat(stopped.status === 'ABORTED', `ABORTED, not ${stopped.status}`);
    await expectEnded(side, data, 'ABORTED');
    // An earlier call may have left this.
    await markRunning(side.bucket, data, 0, 'left');
    const redriven = await side.client.redrive(data.processId);
    expectThat(redriven.status === 'RUNNING' && redriven.version === 3, `RUNNING, not ${redriven.status}`);
    expectThat((await readMark(side.bucket, data))?.run === 1, 'the marker of the new run');
    await side.client.stop(data.processId);
  }),
];

const reads = [
  quietly('no field finds an unknown process', async ({ client }) => {
    const id = createProcessId();
    for (const call of [
      () => client.get(id),
      () => client.data(id),
      () => client.history(id),
      () => client.stop(id),
      () => client.redrive(id),
    ]) {
      const error = await call().then(
        () => 'none',
        (thrown: { errorType?: string }) => thrown.errorType,
      );
      expectThat(error === 'ProcessNotFound', `ProcessNotFound, not ${error}`);
    }
  }),
  quietly('the data, the history and the definitions are read', async (side) => {
    const data = await start(side, 'loop-and-map');
    await endOf(side, data);
    const { input, steps } = await side.client.data(data.processId);
    expectThat(input !== null && steps.length > 4, 'the documents');
    for (const { url } of steps.slice(0, 1)) expectThat((await fetch(url)).ok, 'the presigned URL to work');
    expectThat((await side.client.history(data.processId)).items.length > 4, 'a history');
    expectThat((await side.client.definitions()).length === 4, 'the definitions');
  }),
];

/** All scenarios, the quicker ones first. */
export const SCENARIOS: readonly Scenario[] = [
  ...control,
  ...reads,
  ...starts,
  ...runs,
  compensation,
  ...usualScenarios,
];
