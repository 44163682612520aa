/**
 * A load of processes with mixed outcomes. One session follows each to its end, while other
 * sessions start, read, follow, stop and redrive it too. The chaos run and its test share it.
 */
import { createProcessId, type ProcessState, type UpdateSource } from '../../client/index.ts';
import { type Extra, runCrowd } from './crowd.ts';
import type { Session } from './history/session.ts';
import { KINDS, type Kind, runMain } from './main-session.ts';

/** The outcome of the last call that followed a process. */
export type Settled = {
  processId: string;
  /** `lost`: another session was first with the id, for another process. */
  kind: Kind | 'lost';
  /** The state in which the call settled. */
  state: ProcessState;
  /** How that state reached the client. */
  source: UpdateSource;
  /** When it came, in milliseconds since the epoch. */
  atMs: number;
};

/** The settings of the load. */
export type LoadOptions = {
  processes: number;
  inFlight: number;
  /** In [0, 1): decides the outcome of each process, and the calls of other sessions. */
  random: () => number;
  onProgress?: (done: number) => void;
};

/** The actions of other sessions, each equally likely. */
const EXTRAS: readonly Extra[] = ['repeat', 'reject', 'contend', 'read', 'watch', 'interfere', 'linger'];
const MOST_EXTRAS = 3;

/**
 * Runs the load and resolves when every call has settled. Rejects with the first that did not
 * settle as expected. The sessions, at least two, have equal shares of the processes.
 */
export async function runLoad(sessions: readonly Session[], options: LoadOptions): Promise<Settled[]> {
  const { random } = options;
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(random() * items.length)] as Item;
  const plans = Array.from({ length: options.processes }, (_, index) => ({
    kind: pick(KINDS),
    extras: Array.from({ length: Math.floor(random() * (MOST_EXTRAS + 1)) }, () => pick(EXTRAS)),
    // The main session first, then those of the crowd.
    sessions: sessions.map((_, place) => sessions[(index + place) % sessions.length] as Session),
  }));
  const settled: Settled[] = [];
  const worker = async () => {
    for (let plan = plans.pop(); plan; plan = plans.pop()) {
      const { kind, extras } = plan;
      const [main, ...others] = plan.sessions as [Session, ...Session[]];
      const processId = createProcessId();
      const crowd = runCrowd({ processId, kind, extras, main, others });
      settled.push(await runMain(main, processId, kind, crowd));
      await crowd.done;
      options.onProgress?.(settled.length);
    }
  };
  await Promise.all(Array.from({ length: options.inFlight }, worker));
  return settled;
}
