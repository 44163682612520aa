/**
 * `npm run chaos -- --processes 1000 --seed 7`: every fault of the dial, mixed outcomes, and the proof that every call settled with the outcome
 * that Step Functions holds. The same seed makes the same load, and as nearly the same faults as concurrency allows.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError } from 'commander';
import { createProcessClient } from '../../client/index.ts';
import { runLoad } from './load.ts';
import { createRandom } from './random.ts';
import { reportOf } from './report.ts';
import { keepRuntime } from './runtime.ts';
import { compareWithTruth } from './truth.ts';

const toCount = (text: string) => {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw new InvalidArgumentError('Expected a whole number from 1.');
  return count;
};
const program = new Command('npm run chaos --')
  .description(
    'Runs processes through a local runtime with every fault on, and checks each outcome against Step Functions.',
  )
  .option('--processes <number>', 'how many', toCount, 1_000)
  .option('--in-flight <number>', 'how many at once', toCount, 100)
  .option('--seed <number>', 'what decides the load and the faults', toCount, Math.ceil(Math.random() * 1e9))
  .option('--faults <dial>', 'the faults, as for npm start', 'all,kill=0.00005')
  .parse();
const { processes, inFlight, seed, faults } = program.opts<{
  processes: number;
  inFlight: number;
  seed: number;
  faults: string;
}>();

const folder = mkdtempSync(join(tmpdir(), 'facade-chaos-'));
const app = join(import.meta.dirname, '../impatient-app.ts');
console.error(
  `Seed ${seed}: npm run chaos -- --processes ${processes} --in-flight ${inFlight} --seed ${seed} --faults ${faults}`,
);
const bar = new SingleBar({
  format: '{bar} {value}/{total} processes, {duration} s',
  noTTYOutput: true,
  notTTYSchedule: 15_000,
});
try {
  // With the same faults in each life, a kill that comes early would come early for ever.
  const troubled = await keepRuntime(folder, app, (start) => `${faults},seed=${seed + start}`);
  const { endpoint, realtimeEndpoint, apiKey } = troubled.outputs;
  using client = createProcessClient({ endpoint, realtimeEndpoint, apiKey });
  bar.start(processes, 0);
  const settled = await runLoad(client, {
    processes,
    inFlight,
    random: createRandom(seed),
    onProgress: (done) => bar.update(done),
  }).finally(() => bar.stop());
  await troubled.stop();

  const quiet = await keepRuntime(folder, app);
  using reader = createProcessClient({
    endpoint: quiet.outputs.endpoint,
    realtimeEndpoint: quiet.outputs.realtimeEndpoint,
    apiKey,
  });
  const truth = await compareWithTruth(
    settled,
    reader,
    quiet.outputs.machineArnPrefix,
    quiet.operatorEnvironment(),
  );
  await quiet.stop();
  console.log(`Runtime       started ${troubled.starts()} times`);
  for (const line of reportOf(settled, truth, troubled.recordedBy())) console.log(line);
  process.exitCode = truth.lies.length > 0 || truth.executions !== processes ? 1 : 0;
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
