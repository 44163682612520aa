/**
 * `npm run chaos -- --processes 1000 --seed 7`: every fault of the dial, mixed outcomes, and the proof that every call settled with the outcome
 * that Step Functions holds. The same seed makes the same load, and as nearly the same faults as concurrency allows.
 */
import { SingleBar } from 'cli-progress';
import { Command } from 'commander';
import { type ChaosOptions, runChaos } from './chaos.ts';
import { randomSeed, temporaryFolder, toCount, toDial } from './command-line.ts';
import { reportOf } from './report.ts';

const program = new Command('npm run chaos --')
  .description(
    'Runs processes through a local runtime with every fault on, and checks each outcome against Step Functions.',
  )
  .option('--processes <number>', 'how many', toCount, 1_000)
  .option('--in-flight <number>', 'how many at once', toCount, 100)
  .option('--seed <number>', 'what decides the load and the faults (default: a random one)', toCount)
  .option('--faults <dial>', 'the faults, as for npm start', toDial, 'all,kill=0.00005')
  .parse();
const {
  processes,
  inFlight,
  seed = randomSeed(),
  faults,
} = program.opts<Omit<ChaosOptions, 'folder' | 'seed'> & { seed?: number }>();

console.error(
  `Seed ${seed}. The same again: npm run chaos -- --processes ${processes} --in-flight ${inFlight} --seed ${seed} --faults ${faults}`,
);
const bar = new SingleBar({
  format: '{bar} {value}/{total} processes, {duration} s',
  noTTYOutput: true,
  notTTYSchedule: 15_000,
});
bar.start(processes, 0);
try {
  const outcome = await runChaos({
    processes,
    inFlight,
    seed,
    faults,
    folder: temporaryFolder('facade-chaos-'),
    onProgress: (done) => bar.update(done),
  }).finally(() => bar.stop());
  for (const line of reportOf(outcome)) console.log(line);
  const { lies, executions } = outcome.truth;
  process.exitCode = lies.length > 0 || executions !== processes ? 1 : 0;
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
