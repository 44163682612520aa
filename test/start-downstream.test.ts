/** A step that starts another process: both ends of the request, without a machine. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Definition, executionArn } from '../core/definitions.ts';
import { type DataRef, dataKey } from '../core/keys.ts';
import { markRunning } from '../core/process-index.ts';
import { observe, startedState } from '../core/state.ts';
import { createState, updateState } from '../core/state-record.ts';
import type { StepContext } from '../core/step/step.ts';
import { openServices, WAIT } from './services.ts';

const { bucket, services, states, close } = await openServices({ parent: WAIT, child: WAIT });
afterAll(close);
const { startDownstream: serve } = await import('../core/start-downstream.ts');
const { startDownstream: ask } = await import('../core/step/start-downstream.ts');

const definition = (name: string, starts: Definition['starts'] = {}): Definition => ({
  ...{ name, description: null, inputSchema: {}, machine: {}, steps: ['Start'], outputStep: 'Start', starts },
});
const known = new Map(
  [definition('parent', { Start: ['child'] }), definition('child')].map((each) => [each.name, each]),
);

/** A process whose record is RUNNING. */
async function newParent(owner = 'somebody'): Promise<DataRef> {
  const parent = { owner, processId: crypto.randomUUID(), definition: 'parent' };
  await createState(bucket, parent, startedState(parent, 'parent', 1, new Date()));
  return parent;
}

const request = (parent: DataRef, input = '{}') => ({
  ...{ processData: dataKey(parent), step: 'Start', definition: 'child', input },
});

const end = (parent: DataRef) =>
  updateState(bucket, parent, (record) => observe(record, { status: 'FAILED', redriveCount: 0 }));

describe('the function', () => {
  it("starts the child for the parent's owner, once, and one for each item", async () => {
    const parent = await newParent('its-owner');
    const first = await serve(services, request(parent), known);
    expect(first).toMatchObject({ owner: 'its-owner', definition: 'child', status: 'RUNNING', version: 1 });
    expect(await serve(services, request(parent), known)).toEqual(first);
    const item = await serve(services, { ...request(parent), part: '1' }, known);
    expect(item.processId).not.toBe(first.processId);
    const child = { owner: 'its-owner', processId: first.processId, definition: 'child' };
    expect((await states.describe(executionArn(child))).status).toBe('RUNNING');
    await expect(serve(services, request(parent, '{"n":1}'), known)).rejects.toMatchObject({
      name: 'ProcessConflict',
    });
  });

  it('starts nothing for a parent that has ended, unless a redrive is about to continue it', async () => {
    const parent = await newParent();
    await end(parent);
    const notAllowed = { name: 'StartNotAllowed' };
    await expect(serve(services, request(parent), known)).rejects.toMatchObject(notAllowed);
    // First the marker of the run that has ended, then the one that a redrive writes before it
    // calls Step Functions.
    await markRunning(bucket, parent, 0, 'start');
    await expect(serve(services, request(parent), known)).rejects.toMatchObject(notAllowed);
    await markRunning(bucket, parent, 1, 'redrive');
    expect(await serve(services, request(parent), known)).toMatchObject({ status: 'RUNNING' });
  });

  it.each<[string, (parent: DataRef) => Partial<ReturnType<typeof request>>]>([
    ['another owner', (parent) => ({ processData: dataKey({ ...parent, owner: 'other' }) })],
    ['another definition', (parent) => ({ processData: dataKey({ ...parent, definition: 'child' }) })],
    ['another step', () => ({ step: 'Other' })],
    ['a step named like an inherited property', () => ({ step: 'constructor' })],
    ['a definition that the step may not start', () => ({ definition: 'parent' })],
    ['an unknown definition', () => ({ definition: 'toString' })],
  ])('starts nothing for %s', async (_, forged) => {
    const parent = await newParent();
    await expect(serve(services, { ...request(parent), ...forged(parent) }, known)).rejects.toMatchObject({
      name: 'StartNotAllowed',
    });
  });
});

describe('a step whose request', () => {
  let respond: (response: ServerResponse) => void;
  const server = createServer((_, response) => respond(response));
  beforeAll(async () => {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    process.env.AWS_ENDPOINT_URL_LAMBDA = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    process.env.START_DOWNSTREAM_FUNCTION = 'StartDownstream';
  });
  afterEach(() => delete process.env.START_DOWNSTREAM_FUNCTION);
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });
  const context = {
    ...{ owner: 'o', processId: crypto.randomUUID(), definition: 'parent', step: 'Start' },
  } as StepContext;

  /** The response of Lambda from now on. */
  function serveLambda(status: number, headers: Record<string, string>, body: unknown): void {
    respond = (response) => response.writeHead(status, headers).end(JSON.stringify(body));
  }

  it('returns an error throws that error with its message', async () => {
    const error = { type: 'ProcessConflict', message: 'It is taken', info: { differs: 'input' } };
    serveLambda(200, {}, { error });
    await expect(ask(context, 'child', {})).rejects.toMatchObject({
      name: 'ProcessConflict',
      message: 'It is taken',
      info: { differs: 'input' },
    });
  });

  it('makes the function fail is DownstreamUnavailable', async () => {
    const failed = { errorType: 'InternalError', errorMessage: 'Request id: 1' };
    serveLambda(200, { 'x-amz-function-error': 'Unhandled' }, failed);
    await expect(ask(context, 'child', {})).rejects.toMatchObject({
      name: 'DownstreamUnavailable',
      message: 'Step Start could not request the start of a process: InternalError: Request id: 1',
    });
  });

  it('is rejected by Lambda is DownstreamUnavailable', async () => {
    serveLambda(403, { 'x-amzn-errortype': 'AccessDeniedException' }, { Message: 'not you' });
    await expect(ask(context, 'child', {})).rejects.toMatchObject({
      name: 'DownstreamUnavailable',
      message: expect.stringContaining('AccessDeniedException'),
    });
  });

  it('would contain values that JSON changes, or too much, is InvalidInput and is not sent', async () => {
    serveLambda(500, {}, {});
    for (const input of [{ n: Number.NaN }, { text: 'x'.repeat(700_000) }])
      await expect(ask(context, 'child', input)).rejects.toMatchObject({ name: 'InvalidInput' });
  });

  it('cannot be sent, because the step has nothing in `starts`, says what to do', async () => {
    delete process.env.START_DOWNSTREAM_FUNCTION;
    await expect(ask(context, 'child', {})).rejects.toThrow("add the definition to the construct's `starts`");
  });
});
