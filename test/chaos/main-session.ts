/**
 * The session that a process belongs to: it starts the process, does to it what its kind says, and
 * follows it to its end by one call.
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

/** What a process is meant to come to. */
export const KINDS = ['success', 'map', 'failure', 'timeout', 'abort', 'redrive'] as const;

/** One of {@link KINDS}. */
export type Kind = (typeof KINDS)[number];

/** What is started for each kind. */
export const ASKED: Record<Kind, { definition: string; input: unknown }> = {
  success: { definition: 'six-steps', input: { words: ['a'] } },
  map: { definition: 'loop-and-map', input: { from: 2 } },
  failure: { definition: 'trial', input: { misbehave: 'no-output' } },
  timeout: { definition: 'time-limit', input: {} },
  abort: { definition: 'pause', input: {} },
  redrive: { definition: 'pause', input: {} },
};

/** Rejects where a call did not settle as it must. */
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
    // Another session was first: the id is its process.
    await crowd.contended;
    return follow(session, processId, 'lost');
  }
}

async function runStopped(session: Session, processId: string, kind: Kind, crowd: Crowd): Promise<Settled> {
  const { definition, input } = ASKED[kind];
  await persist(() => session.start(definition, input, { processId }));
  const [stopped] = await Promise.all([stop(session, processId), crowd.stop()]);
  if (kind === 'redrive') {
    // Some do not wait to hear of the end from the stream that they follow already.
    if (!crowd.lingers || stopped?.status === 'RUNNING') await follow(session, processId, kind);
    await Promise.all([redrive(session, processId), crowd.redrive()]);
  }
  return follow(session, processId, kind);
}

/**
 * The one call `run`, made again with the same id where the server was away for longer than the
 * client tries.
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

/** The state after the stop; undefined for a process that had ended by itself. */
export function stop(session: Session, processId: string): Promise<ProcessState | undefined> {
  return persist(() => session.stop(processId, { reason: 'chaos' })).catch((error: unknown) => {
    if (!isRejectedWith('ProcessNotRunning')(error)) throw error;
    return undefined;
  });
}

/**
 * The state after the redrive; undefined for a process that the stop had missed, or that runs again
 * already.
 */
export function redrive(session: Session, processId: string): Promise<ProcessState | undefined> {
  return persist(() => session.redrive(processId)).catch((error: unknown) => {
    if (!isRejectedWith('NotRedrivable')(error)) throw error;
    return undefined;
  });
}

/**
 * The end of which a call was told. Whether it was told rightly is for the check of the history.
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
