/**
 * The chaos run: a load with mixed outcomes under the faults of the dial, and what Step Functions and the facade hold of it in the end.
 */
import { join } from 'node:path';
import { createProcessClient } from '../../client/index.ts';
import { runLoad, type Settled } from './load.ts';
import { createRandom } from './random.ts';
import { keepRuntime, type RecordedBy } from './runtime.ts';
import { compareWithTruth, type Truth } from './truth.ts';

const APP = join(import.meta.dirname, '../impatient-app.ts');

/** What is run. */
export type ChaosOptions = {
  processes: number;
  inFlight: number;
  /** Decides the load, and the faults as nearly as concurrency allows. */
  seed: number;
  /** The dial, as for `npm start -- --faults`, without a seed. */
  faults: string;
  /** For the runtime's data; empty. */
  folder: string;
  onProgress?: (done: number) => void;
};

/** What came of it. */
export type ChaosOutcome = {
  settled: Settled[];
  truth: Truth;
  recordedBy: RecordedBy;
  /** How often the runtime was started: once more than it was killed. */
  starts: number;
};

/** Runs the load, then compares under a runtime without faults. Rejects where a call did not settle as it must. */
export async function runChaos(options: ChaosOptions): Promise<ChaosOutcome> {
  const { folder, faults, seed } = options;
  // With the same faults in each life, a kill that comes early would come early for ever.
  const troubled = await keepRuntime(folder, APP, (start) => `${faults},seed=${seed + start}`);
  let settled: Settled[];
  try {
    using client = createProcessClient(troubled.outputs);
    settled = await runLoad(client, { ...options, random: createRandom(seed) });
  } finally {
    await troubled.stop();
  }

  const quiet = await keepRuntime(folder, APP);
  try {
    using client = createProcessClient(quiet.outputs);
    const truth = await compareWithTruth(
      settled,
      client,
      quiet.outputs.machineArnPrefix,
      quiet.operatorEnvironment(),
    );
    return { settled, truth, recordedBy: troubled.recordedBy, starts: troubled.starts() };
  } finally {
    await quiet.stop();
  }
}
