/**
 * `npm run machines -- --count 2000 --seed 1`: random machines with crashes and redrives, which
 * must give every run of a step its own document. A failure prints the smallest machine that fails.
 */
import { SingleBar } from 'cli-progress';
import { Command } from 'commander';
import { randomSeed, toCount } from '../chaos/command-line.ts';
import { checkMachines } from './check-machines.ts';

const program = new Command('npm run machines --')
  .description(
    'Runs random state machines as the construct deploys them, and checks the documents of their steps.',
  )
  .option('--count <number>', 'how many', toCount, 2_000)
  .option('--seed <number>', 'what decides the machines (default: a random one)', toCount)
  .parse();
const { count, seed = randomSeed() } = program.opts<{ count: number; seed?: number }>();

console.error(`Seed ${seed}. To repeat: npm run machines -- --seed ${seed} --count ${count}`);
const bar = new SingleBar({
  format: '{bar} {value}/{total} machines, {duration} s',
  noTTYOutput: true,
  notTTYSchedule: 15_000,
});
bar.start(count, 0);
try {
  const counts = await checkMachines({ count, seed, onProgress: () => bar.increment() }).finally(() =>
    bar.stop(),
  );
  console.log(
    Object.entries(counts)
      .map(([name, number]) => `${name}: ${number}`)
      .join('\n'),
  );
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
