/**
 * The main session of a process: it starts the process, acts on it as its kind says, and follows it
 * to its end by one call.
 */
import {
  ProcessEndedError,
  type ProcessState,
  type ProcessUpdate,
  type UpdateSource,
} from '../../client/index.ts';
import type { Crowd } from './crowd.ts';
import type { Session } from './history/session.ts';
import type { Settled } from './load.ts';
import { isRejectedWith, persist } from './persist.ts';

/** The kinds of processes, by their intended outcome. */
export const KINDS = ['success', 'map', 'failure', 'timeout', 'abort', 'redrive'] as const;

/** One of {@link KINDS}. */
export type Kind = (typeof KINDS)[number];

/** The definition and input of each kind. */
export const ASKED: Record<Kind, { definition: string; input: unknown }> = {
  success: { definition: 'six-steps', input: { words: ['a'] } },
  map: { definition: 'loop-and-map', input: { from: 2 } },
  failure: { definition: 'trial', input: { misbehave: 'no-output' } },
  timeout: { definition: 'time-limit', input: {} },
  abort: { definition: 'pause', input: {} },
  redrive: { definition: 'pause', input: {} },
};

/** Rejects if a call did not settle as expected. */
export async function runMain(
  session: Session,
  processId: string,
  kind: Kind,
  crowd: Crowd,
): Promise<Settled> {
  try {
    if (kind === 'abort' || kind === 'redrive') return await runStopped(session, processId, kind, crowd);
    return await runWhole(session, processId, kind);
  } catch (error) {
    if (!crowd.contends || !isRejectedWith('ProcessConflict')(error)) throw error;
    // Another session was first: the id belongs to its process.
    await crowd.contended;
    return follow(session, processId, 'lost');
  }
}

async function runStopped(session: Session, processId: string, kind: Kind, crowd: Crowd): Promise<Settled> {
  const { definition, input } = ASKED[kind];
  await persist(() => session.start(definition, input, { processId }));
  const [stopped] = await Promise.all([stop(session, processId), crowd.stop()]);
  if (kind === 'redrive') {
    // Some do not wait for the end on the stream that they already follow.
    if (!crowd.lingers || stopped?.status === 'RUNNING') await follow(session, processId, kind);
    await Promise.all([redrive(session, processId), crowd.redrive()]);
  }
  return follow(session, processId, kind);
}

/**
 * The one call `run`, repeated with the same id if the server was away for longer than the client
 * retries.
 */
async function runWhole(session: Session, processId: string, kind: Kind): Promise<Settled> {
  const { definition, input } = ASKED[kind];
  const end = new End(processId, kind);
  const run = () => session.run(definition, input, { processId, onUpdate: end.onUpdate });
  await persist(run).catch((error: unknown) => {
    if (!(error instanceof ProcessEndedError)) throw error;
  });
  return end.settled();
}

/** Follows the process by one call to its end. */
async function follow(session: Session, processId: string, kind: Settled['kind']): Promise<Settled> {
  const end = new End(processId, kind);
  await persist(async () => {
    for await (const update of session.watch(processId)) end.onUpdate(update);
  });
  return end.settled();
}

/** Returns the state after the stop, or undefined if the process had already ended. */
export function stop(session: Session, processId: string): Promise<ProcessState | undefined> {
  return persist(() => session.stop(processId, { reason: 'chaos' })).catch((error: unknown) => {
    if (!isRejectedWith('ProcessNotRunning')(error)) throw error;
    return undefined;
  });
}

/**
 * Returns the state after the redrive, or undefined if the stop came too late, or if the process
 * is already running again.
 */
export function redrive(session: Session, processId: string): Promise<ProcessState | undefined> {
  return persist(() => session.redrive(processId)).catch((error: unknown) => {
    if (!isRejectedWith('NotRedrivable')(error)) throw error;
    return undefined;
  });
}

/**
 * Returns the end that a call reported. The check of the history verifies it.
 */
class End {
  readonly #processId: string;
  readonly #kind: Settled['kind'];
  #end: { state: ProcessState; source: UpdateSource; atMs: number } | undefined;

  constructor(processId: string, kind: Settled['kind']) {
    this.#processId = processId;
    this.#kind = kind;
  }

  readonly onUpdate = (update: ProcessUpdate): void => {
    if (update.kind === 'state') this.#end = { state: update.state, source: update.source, atMs: Date.now() };
  };

  settled(): Settled {
    if (!this.#end) throw new Error(`[${this.#processId}] was followed to no end`);
    return { processId: this.#processId, kind: this.#kind, ...this.#end };
  }
}
