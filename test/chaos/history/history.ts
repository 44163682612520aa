/**
 * Everything that the clients of a run called and received, in order. One list for all sessions: an
 * event that is earlier in it happened earlier.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { ProcessState, ProcessStep, StartOptions } from '../../../client/index.ts';

/** The calls of a client that are recorded. */
export type Call = 'start' | 'get' | 'data' | 'stop' | 'redrive' | 'wait' | 'run' | 'watch';

/** The arguments of a `start` or a `run`. */
export type Asked = {
  definition: string;
  input: unknown;
  onConflict: NonNullable<StartOptions['onConflict']>;
};

/** The result of a `data`. */
export type Documents = { input: unknown; steps: Record<string, unknown>; output: unknown };

/** A call was made. */
export type Invoked = {
  type: 'invoked';
  op: number;
  atMs: number;
  session: string;
  call: Call;
  processId: string;
  asked?: Asked;
};

/** An update that a `watch` or a `run` received. */
export type Update = { type: 'update'; op: number; atMs: number; state?: ProcessState; step?: ProcessStep };

/**
 * A call returned or rejected. `failed`: the API rejected it, and nothing was done. `unknown`: the
 * call gave up; its effect may have happened, and may still happen. A process that did not succeed
 * makes `wait` and `run` reject, but they did their work, so they are recorded as `succeeded` with
 * that state.
 */
export type Settled = {
  type: 'succeeded' | 'failed' | 'unknown';
  op: number;
  atMs: number;
  state?: ProcessState;
  documents?: Documents;
  /** Of a `run` that ended SUCCEEDED. */
  output?: unknown;
  /** The error's type. */
  error?: string;
};

/** One line of a history. */
export type HistoryEvent = Invoked | Update | Settled;

/** Records a history. */
export class History {
  readonly events: HistoryEvent[] = [];
  #ops = 0;

  /** The number of the new operation. */
  invoke(session: string, call: Call, processId: string, asked?: Asked): number {
    const op = ++this.#ops;
    const invoked: Invoked = { type: 'invoked', op, atMs: Date.now(), session, call, processId };
    this.events.push(asked ? { ...invoked, asked } : invoked);
    return op;
  }

  update(op: number, update: Pick<Update, 'state' | 'step'>): void {
    this.events.push({ type: 'update', op, atMs: Date.now(), ...update });
  }

  settle(op: number, settled: Omit<Settled, 'op' | 'atMs'>): void {
    this.events.push({ op, atMs: Date.now(), ...settled });
  }
}

/** Names a document as its keys do: the step and, in a Map or a loop, the item or entry. */
export function documentName({ step, part }: Pick<ProcessStep, 'step' | 'part'>): string {
  return part === null ? step : `${step}/${part}`;
}

/** Writes one event per line. */
export function writeHistory(file: string, events: readonly HistoryEvent[]): void {
  writeFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
}

/** Reads the output of {@link writeHistory}. */
export function readHistory(file: string): HistoryEvent[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as HistoryEvent);
}
