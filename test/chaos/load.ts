/**
 * A load of processes with mixed outcomes, each followed by one client call, and what became of it. The same for the chaos run and for the
 * small run among the tests.
 */
import {
  createProcessId,
  type ProcessClient,
  ProcessEndedError,
  type ProcessState,
  type ProcessUpdate,
  RequestError,
  type Way,
} from '../../client/index.ts';
import { persist } from './persist.ts';

/** What a process is meant to come to. */
const KINDS = ['success', 'failure', 'timeout', 'abort', 'redrive'] as const;

/** One of {@link KINDS}. */
type Kind = (typeof KINDS)[number];

/** What the one call that followed a process came to. */
export type Settled = {
  processId: string;
  kind: Kind;
  /** The state in which the call settled. */
  state: ProcessState;
  /** By which way that state came. */
  way: Way;
  /** When it came, in milliseconds since the epoch. */
  atMs: number;
};

/** How to make the load. */
export type LoadOptions = {
  processes: number;
  inFlight: number;
  /** In [0, 1): decides what each process comes to. */
  random: () => number;
  onProgress?: (done: number) => void;
};

/** Runs the load; resolves when every call has settled. Rejects with the first that did not settle as it must. */
export async function runLoad(client: ProcessClient, options: LoadOptions): Promise<Settled[]> {
  const kinds = Array.from(
    { length: options.processes },
    () => KINDS[Math.floor(options.random() * KINDS.length)] ?? 'success',
  );
  const settled: Settled[] = [];
  const worker = async () => {
    for (let kind = kinds.pop(); kind; kind = kinds.pop()) {
      settled.push(await runOne(client, kind));
      options.onProgress?.(settled.length);
    }
  };
  await Promise.all(Array.from({ length: options.inFlight }, worker));
  return settled;
}

async function runOne(client: ProcessClient, kind: Kind): Promise<Settled> {
  const processId = createProcessId();
  if (kind === 'success') return runWhole(client, processId, kind, 'six-steps', { words: ['a'] });
  if (kind === 'failure') return runWhole(client, processId, kind, 'trial', { misbehave: 'no-output' });
  if (kind === 'timeout') return runWhole(client, processId, kind, 'time-limit', {});
  await persist(() => client.start('pause', {}, { processId }));
  await persist(() => stop(client, processId));
  if (kind === 'redrive') {
    await follow(client, processId, kind);
    await persist(() => redrive(client, processId));
  }
  return follow(client, processId, kind);
}

/** The one call `run`, made again with the same id where the server was away for longer than the client tries. */
async function runWhole(
  client: ProcessClient,
  processId: string,
  kind: Kind,
  definition: string,
  input: unknown,
): Promise<Settled> {
  const ends = new Ends(processId, kind);
  const outcome = await persist(() => {
    ends.begin();
    return client.run(definition, input, { processId, onUpdate: ends.onUpdate });
  }).catch((error: unknown) => error);
  if (outcome instanceof Error && !(outcome instanceof ProcessEndedError)) throw outcome;
  const settled = ends.settled();
  const status = outcome instanceof ProcessEndedError ? outcome.state.status : 'SUCCEEDED';
  if (status !== settled.state.status)
    throw new Error(`[${processId}] settled as ${status} after ${settled.state.status}`);
  return settled;
}

/** Follows the process by one call to its end. */
async function follow(client: ProcessClient, processId: string, kind: Kind): Promise<Settled> {
  const ends = new Ends(processId, kind);
  await persist(async () => {
    ends.begin();
    for await (const update of client.watch(processId)) ends.onUpdate(update);
  });
  return ends.settled();
}

/** What one call was told: that versions rise, and that there is one end, after which nothing comes. */
class Ends {
  readonly #processId: string;
  readonly #kind: Kind;
  #version = 0;
  #end: { state: ProcessState; way: Way; atMs: number } | undefined;

  constructor(processId: string, kind: Kind) {
    this.#processId = processId;
    this.#kind = kind;
  }

  begin(): void {
    this.#version = 0;
    this.#end = undefined;
  }

  readonly onUpdate = (update: ProcessUpdate): void => {
    if (this.#end) throw new Error(`[${this.#processId}] was told something after its end`);
    if (update.kind === 'step') return;
    const { state, way } = update;
    if (state.version < this.#version)
      throw new Error(`[${this.#processId}] fell back to version ${state.version}`);
    this.#version = state.version;
    if (state.status !== 'RUNNING') this.#end = { state, way, atMs: Date.now() };
  };

  settled(): Settled {
    if (!this.#end) throw new Error(`[${this.#processId}] was followed to no end`);
    return { processId: this.#processId, kind: this.#kind, ...this.#end };
  }
}

async function stop(client: ProcessClient, processId: string): Promise<void> {
  await client.stop(processId, { reason: 'chaos' }).catch((error: unknown) => {
    // It may have ended by itself.
    if (error instanceof RequestError && error.errorType === 'ProcessNotRunning') return;
    throw error;
  });
}

async function redrive(client: ProcessClient, processId: string): Promise<void> {
  await client.redrive(processId).catch((error: unknown) => {
    // The stop came after its end.
    if (error instanceof RequestError && error.errorType === 'NotRedrivable') return;
    throw error;
  });
}
