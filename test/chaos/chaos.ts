/**
 * The chaos run: a load with mixed outcomes under injected faults, the history of every call, and
 * the final processes in Step Functions and in the facade.
 */
import { join } from 'node:path';
import { createProcessClient } from '../../client/index.ts';
import { History, type HistoryEvent } from './history/history.ts';
import { recordSession } from './history/session.ts';
import { runLoad, type Settled } from './load.ts';
import { createRandom } from './random.ts';
import { keepRuntime, type RecordedBy } from './runtime.ts';
import { compareWithTruth, type Truth } from './truth.ts';

const APP = join(import.meta.dirname, '../impatient-app.ts');
/** The clients of the run, by name, and how each receives updates. */
const SESSIONS = { a: 'auto', b: 'auto', c: 'polling', d: 'subscription' } as const;

/** The settings of a run. */
export type ChaosOptions = {
  processes: number;
  inFlight: number;
  /** Decides the load, and the faults as nearly as concurrency allows. */
  seed: number;
  /** As for `npm start -- --faults`, without a seed. */
  faults: string;
  /** For the runtime's data; empty. */
  folder: string;
  /** Receives the history in the end, also of a run that fails. */
  onHistory: (events: readonly HistoryEvent[]) => void;
  onProgress?: (done: number) => void;
};

/** The result of a run. */
export type ChaosOutcome = {
  settled: Settled[];
  truth: Truth;
  recordedBy: RecordedBy;
  /** The number of starts of the runtime: one more than its kills. */
  starts: number;
};

/**
 * Runs the load, then compares on a runtime without faults. Rejects if a call did not settle as
 * expected.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosOutcome> {
  const { folder, faults, seed } = options;
  const history = new History();
  try {
    // With the same faults after each start, an early kill would recur early forever.
    const troubled = await keepRuntime(folder, APP, (start) => `${faults},seed=${seed + start}`);
    const clients = Object.entries(SESSIONS).map(([name, via]) => ({
      name,
      client: createProcessClient({ ...troubled.outputs, via }),
    }));
    let settled: Settled[];
    try {
      const sessions = clients.map(({ name, client }) => recordSession(history, name, client));
      settled = await runLoad(sessions, { ...options, random: createRandom(seed) });
    } finally {
      for (const { client } of clients) client.dispose();
      await troubled.stop();
    }

    const quiet = await keepRuntime(folder, APP);
    try {
      using client = createProcessClient(quiet.outputs);
      const { machineArnPrefix } = quiet.outputs;
      const session = recordSession(history, 'end', client);
      const truth = await compareWithTruth(settled, session, machineArnPrefix, quiet.operatorEnvironment());
      return { settled, truth, recordedBy: troubled.recordedBy, starts: troubled.starts() };
    } finally {
      await quiet.stop();
    }
  } finally {
    options.onHistory(history.events);
  }
}
