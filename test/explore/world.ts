/**
 * S3, Step Functions and AppSync in memory, as immutable data. A request turns one world into the
 * next, so the explorer can go back and try another order.
 */

import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  ExecutionNotRedrivable,
  RedriveExecutionCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { ProcessState, ProcessStatus } from '../../core/api-types.ts';
import { isTerminal } from '../../core/state.ts';

/**
 * A stored object. Its ETag follows from its text, as in S3: equal content has an equal ETag.
 */
type Stored = { text: string; metadata: Record<string, string>; writtenAt: number };

/**
 * An execution; `before` is what a stale DescribeExecution still shows, `null` for "does not
 * exist".
 */
export type Execution = {
  machine: string;
  name: string;
  input: string;
  status: ProcessStatus;
  redriveCount: number;
  redriveTokens: readonly string[];
  stoppedAt: number | null;
  error: string | null;
  before: Snapshot | null | undefined;
};

type Snapshot = Pick<Execution, 'status' | 'redriveCount' | 'stoppedAt' | 'error'>;

/** A status event that has been emitted and not yet delivered. */
export type StatusEvent = Snapshot & { arn: string; name: string; input: string };

/** The state of all services. */
export type World = {
  /** Milliseconds since the epoch. */
  now: number;
  objects: Readonly<Record<string, Stored>>;
  executions: Readonly<Record<string, Execution>>;
  events: readonly StatusEvent[];
  /** `<owner> <processId> <version> <status>`, each once, sorted. */
  published: readonly string[];
};

/** A request of a function: a command of the AWS SDK, or a state to push. */
export type Request = { command: object } | { publish: ProcessState };

/** The response to a request: a value, or an error to throw. */
export type Response = { value: unknown } | { error: ServiceError };
type ServiceError =
  | { status: number }
  | { name: 'ExecutionAlreadyExists' | 'ExecutionDoesNotExist' | 'ExecutionNotRedrivable' };

/** One possible result of a request. A stale DescribeExecution is a second one. */
export type Outcome = { world: World; response: Response; stale?: boolean };

export const EMPTY_WORLD: World = { now: 0, objects: {}, executions: {}, events: [], published: [] };

/** Returns every possible result of the request, the usual one first. */
export function apply(world: World, request: Request): Outcome[] {
  if ('publish' in request) return [publish(world, request.publish)];
  const { command } = request;
  if (command instanceof PutObjectCommand) return [putObject(world, command)];
  if (command instanceof GetObjectCommand || command instanceof HeadObjectCommand) {
    return [getObject(world, command.input.Key ?? '')];
  }
  if (command instanceof DeleteObjectCommand) return [deleteObject(world, command)];
  if (command instanceof ListObjectsV2Command) return [listObjects(world, command)];
  if (command instanceof StartExecutionCommand) return [startExecution(world, command)];
  if (command instanceof DescribeExecutionCommand) return describeExecution(world, command);
  if (command instanceof StopExecutionCommand) return [stopExecution(world, command)];
  if (command instanceof RedriveExecutionCommand) return [redriveExecution(world, command)];
  throw new Error(`Expected a request that the explorer knows, got ${command.constructor.name}`);
}

/** Turns a response into what the SDK resolves or rejects with. */
export function settle(response: Response): Promise<unknown> {
  if ('value' in response) return Promise.resolve(withBody(response.value));
  const { error } = response;
  if ('status' in error) {
    return Promise.reject(
      Object.assign(new Error(`HTTP ${error.status}`), { $metadata: { httpStatusCode: error.status } }),
    );
  }
  const classes = { ExecutionAlreadyExists, ExecutionDoesNotExist, ExecutionNotRedrivable };
  return Promise.reject(new classes[error.name]({ message: error.name, $metadata: {} }));
}

/** Returns the world in which the running execution has ended. */
export function endExecution(world: World, arn: string, status: 'SUCCEEDED' | 'FAILED'): World {
  const error = status === 'FAILED' ? 'StepFailed' : null;
  return change(world, arn, { status, error, stoppedAt: world.now });
}

/** Returns the world some minutes later, when stale results are no longer possible. */
export function later(world: World, ms: number): World {
  const executions = Object.fromEntries(
    Object.entries(world.executions).map(([arn, execution]) => [arn, { ...execution, before: undefined }]),
  );
  return { ...world, now: world.now + ms, executions };
}

function publish(world: World, { owner, processId, version, status }: ProcessState): Outcome {
  const line = `${owner} ${processId} ${version} ${status}`;
  const published = world.published.includes(line) ? world.published : [...world.published, line].sort();
  return { world: { ...world, published }, response: { value: {} } };
}

function putObject(world: World, { input }: PutObjectCommand): Outcome {
  const { Key = '', Body, IfMatch, IfNoneMatch, Metadata = {} } = input;
  const present = world.objects[Key];
  if (IfNoneMatch !== undefined && present) return failed(world, 412);
  if (IfMatch !== undefined && !present) return failed(world, 404);
  if (IfMatch !== undefined && present && etagOf(present) !== IfMatch) return failed(world, 412);
  const metadata = Object.fromEntries(
    Object.entries(Metadata).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const stored: Stored = { text: String(Body), metadata, writtenAt: world.now };
  return { world: { ...world, objects: { ...world.objects, [Key]: stored } }, response: { value: {} } };
}

function getObject(world: World, key: string): Outcome {
  const present = world.objects[key];
  if (!present) return failed(world, 404);
  const { text, metadata, writtenAt } = present;
  return { world, response: { value: { ETag: etagOf(present), text, Metadata: metadata, writtenAt } } };
}

function deleteObject(world: World, { input: { Key = '', IfMatch } }: DeleteObjectCommand): Outcome {
  const present = world.objects[Key];
  if (IfMatch !== undefined && present && etagOf(present) !== IfMatch) return failed(world, 412);
  const { [Key]: _, ...objects } = world.objects;
  return { world: { ...world, objects }, response: { value: {} } };
}

function listObjects(world: World, { input: { Prefix = '' } }: ListObjectsV2Command): Outcome {
  const listed = Object.entries(world.objects)
    .filter(([key]) => key.startsWith(Prefix))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, { writtenAt }]) => ({ key, writtenAt }));
  return { world, response: { value: { listed } } };
}

function startExecution(world: World, { input }: StartExecutionCommand): Outcome {
  const machine = input.stateMachineArn ?? '';
  const name = input.name ?? '';
  const arn = `${machine.replace(':stateMachine:', ':execution:')}:${name}`;
  const present = world.executions[arn];
  if (present) {
    const isSame = present.status === 'RUNNING' && present.input === input.input;
    return isSame
      ? { world, response: { value: {} } }
      : { world, response: { error: { name: 'ExecutionAlreadyExists' } } };
  }
  const started: Execution = {
    ...{ machine, name, input: input.input ?? '', status: 'RUNNING', redriveCount: 0, redriveTokens: [] },
    ...{ stoppedAt: null, error: null, before: null },
  };
  const executions = { ...world.executions, [arn]: started };
  return { world: emit({ ...world, executions }, arn), response: { value: {} } };
}

function describeExecution(
  world: World,
  { input: { executionArn = '' } }: DescribeExecutionCommand,
): Outcome[] {
  const present = world.executions[executionArn];
  const missing: Response = { error: { name: 'ExecutionDoesNotExist' } };
  if (!present) return [{ world, response: missing }];
  const show = ({ status, redriveCount, stoppedAt, error }: Snapshot): Response => ({
    value: { status, redriveCount, stoppedAt, error, input: present.input },
  });
  const outcomes: Outcome[] = [{ world, response: show(present) }];
  if (present.before === null) outcomes.push({ world, response: missing, stale: true });
  else if (present.before) outcomes.push({ world, response: show(present.before), stale: true });
  return outcomes;
}

function stopExecution(
  world: World,
  { input: { executionArn = '', error = 'Stopped' } }: StopExecutionCommand,
): Outcome {
  const present = world.executions[executionArn];
  if (!present) return { world, response: { error: { name: 'ExecutionDoesNotExist' } } };
  if (present.status !== 'RUNNING') return { world, response: { value: {} } };
  const stopped = change(world, executionArn, { status: 'ABORTED', error, stoppedAt: world.now });
  return { world: stopped, response: { value: {} } };
}

function redriveExecution(world: World, { input }: RedriveExecutionCommand): Outcome {
  const { executionArn = '', clientToken = '' } = input;
  const present = world.executions[executionArn];
  if (!present) return { world, response: { error: { name: 'ExecutionDoesNotExist' } } };
  if (present.redriveTokens.includes(clientToken)) return { world, response: { value: {} } };
  if (!isTerminal(present.status) || present.status === 'SUCCEEDED') {
    return { world, response: { error: { name: 'ExecutionNotRedrivable' } } };
  }
  const redriven = change(world, executionArn, {
    status: 'RUNNING',
    redriveCount: present.redriveCount + 1,
    redriveTokens: [...present.redriveTokens, clientToken],
    stoppedAt: null,
    error: null,
  });
  return { world: redriven, response: { value: {} } };
}

/**
 * Returns the changed execution, with its status event. For a while DescribeExecution may still
 * return the previous one.
 */
function change(world: World, arn: string, changes: Partial<Execution>): World {
  const present = world.executions[arn];
  if (!present) throw new Error(`Expected an execution ${arn}`);
  const { status, redriveCount, stoppedAt, error } = present;
  const changed = { ...present, ...changes, before: { status, redriveCount, stoppedAt, error } };
  return emit({ ...world, executions: { ...world.executions, [arn]: changed } }, arn);
}

function emit(world: World, arn: string): World {
  const execution = world.executions[arn];
  if (!execution) return world;
  const { status, redriveCount, stoppedAt, error, name, input } = execution;
  return {
    ...world,
    events: [...world.events, { arn, name, input, status, redriveCount, stoppedAt, error }],
  };
}

function failed(world: World, status: number): Outcome {
  return { world, response: { error: { status } } };
}

function etagOf({ text }: Stored): string {
  return `"${text}"`;
}

/** Returns the response in the form of the SDK: with dates and a readable body. */
function withBody(value: unknown): unknown {
  const { text, writtenAt, listed, stoppedAt, error, ...rest } = value as {
    text?: string;
    writtenAt?: number;
    listed?: { key: string; writtenAt: number }[];
    stoppedAt?: number | null;
    error?: string | null;
  };
  return {
    ...rest,
    ...(text === undefined ? {} : { Body: { transformToString: async () => text } }),
    ...(writtenAt === undefined ? {} : { LastModified: new Date(writtenAt) }),
    ...(stoppedAt == null ? {} : { stopDate: new Date(stoppedAt) }),
    ...(error == null ? {} : { error }),
    ...(listed === undefined
      ? {}
      : {
          Contents: listed.map(({ key, writtenAt: at }) => ({
            Key: key,
            Size: 1,
            LastModified: new Date(at),
          })),
        }),
  };
}
