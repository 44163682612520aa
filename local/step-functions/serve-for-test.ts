import { createServer } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { expect } from 'vitest';
import { listen } from '../../test/kit/listen.ts';
import { createRecordingLogger } from '../../test/kit/recording-logger.ts';
import { temporaryFolder } from '../../test/kit/temporary-folder.ts';
import { until } from '../../test/kit/until.ts';
import type { AwsEvent } from '../common/aws-event.ts';
import { KEEP_ALIVE_MS } from '../common/http-server.ts';
import type { InvokeResult } from '../common/invoke-lambda.ts';
import { type Credentials, createCredentials } from '../iam/credentials.ts';
import type { IsAllowed } from '../iam/iam.ts';
import { createSignatureVerifier } from '../iam/sigv4.ts';
import { ExecutionStore } from './execution/execution-store.ts';
import { createStepFunctions } from './step-functions.ts';

const REGION = 'us-east-1';
const ROLE = 'arn:aws:iam::000000000000:role/Machine';

/** The ARN under which a definition calls a function of {@link createFakeLambda}. */
export const functionArn = (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

/** The ARN of a state machine of {@link serveStepFunctions}. */
export const machineArn = (name: string) => `arn:aws:states:us-east-1:000000000000:stateMachine:${name}`;

/**
 * What a function does with its payload, for the `call`th time from 0. A throw is its failure, with
 * the name of the error as type.
 */
export type FakeFunction = (payload: never, call: number) => unknown;

/** Lambda with functions written in the test; `calls` are all invocations in order. */
export function createFakeLambda(functions: Record<string, FakeFunction>) {
  const calls: { name: string; payload: unknown }[] = [];
  async function invoke(arn: string, payload: unknown, signal?: AbortSignal): Promise<InvokeResult> {
    const name = arn.split(':').at(-1) ?? '';
    const call = calls.filter((earlier) => earlier.name === name).length;
    calls.push({ name, payload });
    const run = functions[name];
    if (!run) throw new Error(`expected a function "${name}"`);
    const stopped = new Promise<never>((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    try {
      const returned = (async () => run(payload as never, call))();
      return { ok: true, payload: await Promise.race([returned, stopped]) };
    } catch (error) {
      if (signal?.aborted || (error as Error).name === 'LambdaClosedError') throw error;
      const { name: errorType, message: errorMessage } = error as Error;
      return { ok: false, error: { errorType, errorMessage, trace: ['at the test'] } };
    }
  }
  return { invoke, calls, count: (name: string) => calls.filter((call) => call.name === name).length };
}

/** An error with that name, as a function throws it. */
export function errorNamed(name: string, message = `${name} happened`): Error {
  return Object.assign(new Error(message), { name });
}

/**
 * How a client shows a rejection: its name, and exactly that message or one that the pattern
 * matches.
 */
export function rejection(name: string, message: string | RegExp) {
  return { name, message: typeof message === 'string' ? message : expect.stringMatching(message) };
}

/** A function that waits until it is let go. */
export function createGate() {
  let open: (value: unknown) => void = () => undefined;
  const opened = new Promise<unknown>((resolve) => {
    open = resolve;
  });
  return { pass: () => opened, open };
}

/**
 * Step Functions on a free port over a database file; `restart` opens a new one over the same file
 * without a word to the old one's executions, as after a crash. `await using` ends it and removes
 * the file.
 */
export async function serveStepFunctions({
  definitions,
  functions = {},
  isAllowed = () => true,
  credentials = createCredentials(),
}: {
  definitions: Record<string, unknown>;
  functions?: Record<string, FakeFunction>;
  isAllowed?: IsAllowed;
  credentials?: Credentials;
}) {
  const folder = temporaryFolder('states');
  const verifier = createSignatureVerifier(credentials, { region: REGION });
  const lambda = createFakeLambda(functions);
  const logger = createRecordingLogger();
  let database = open();

  function open(): DatabaseSync {
    const opened = new DatabaseSync(join(folder.path, 'local.db'));
    opened.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    opened.exec('CREATE TABLE IF NOT EXISTS bus (event TEXT NOT NULL)');
    return opened;
  }

  function create(machines = definitions) {
    // The syntax of a definition that is kept is not checked again, which would take 0.1 s for each
    // one of every test.
    const store = new ExecutionStore(database);
    for (const definition of Object.values(machines)) store.addDefinition(JSON.stringify(definition));
    return createStepFunctions({
      machines: Object.entries(machines).map(([name, definition]) => ({
        ...{ arn: machineArn(name), name, definition, roleArn: ROLE },
      })),
      invokeLambda: lambda.invoke,
      emit: (event) => database.prepare('INSERT INTO bus VALUES (?)').run(JSON.stringify(event)),
      database,
      verifier,
      isAllowed,
      logger,
    });
  }
  let states = create();

  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS },
    (request, response) => void states.handleRequest(request, response),
  );
  const listening = await listen(server);
  const endpoint = `${listening.origin}/states`;
  const signer = credentials.issue('arn:aws:iam::000000000000:role/Test', 'test');
  const client = new SFNClient({ endpoint, region: REGION, credentials: signer, maxAttempts: 1 });

  async function start(machine: string, input: unknown = {}, name?: string): Promise<string> {
    const command = new StartExecutionCommand({
      stateMachineArn: machineArn(machine),
      input: JSON.stringify(input),
      ...(name !== undefined && { name }),
    });
    return String((await client.send(command)).executionArn);
  }
  const describe = (executionArn: string) => client.send(new DescribeExecutionCommand({ executionArn }));

  return {
    client,
    endpoint,
    lambda,
    /** Lines for internal errors. */
    logged: logger.lines,
    start,
    describe,
    /** The description of an execution once it has ended. */
    async ended(executionArn: string): Promise<DescribeExecutionOutput> {
      await until(async () => (await describe(executionArn)).status !== 'RUNNING');
      return describe(executionArn);
    },
    /**
     * Starts an execution and gives its output; for one that failed, its status, error and cause.
     */
    async run(machine: string, input: unknown = {}): Promise<unknown> {
      const { status, output, error, cause } = await this.ended(await start(machine, input));
      return status === 'SUCCEEDED' ? JSON.parse(String(output)) : { status, error, cause };
    },
    /** The first thousand events. */
    async history(executionArn: string): Promise<HistoryEvent[]> {
      const command = new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 });
      return (await client.send(command)).events ?? [];
    },
    /** Everything that was put on the bus. */
    events: () =>
      database
        .prepare('SELECT event FROM bus ORDER BY rowid')
        .all()
        .map(({ event }) => JSON.parse(String(event)) as AwsEvent),
    database: () => database,
    runningCount: () => states.runningCount(),
    async restart(machines = definitions): Promise<void> {
      await states.close();
      database.close();
      database = open();
      states = create(machines);
      states.resume();
    },
    async [Symbol.asyncDispose](): Promise<void> {
      client.destroy();
      await listening[Symbol.asyncDispose]();
      await states.close();
      database.close();
      folder[Symbol.dispose]();
    },
  };
}
