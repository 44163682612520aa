/**
 * `npm run chaos -- --processes 1000 --seed 7`: every fault, mixed outcomes, several clients on the
 * same processes. Checks the history of all calls against the specification, and every outcome
 * against Step Functions. The same seed produces the same load, and nearly the same faults as far
 * as concurrency allows.
 *
 * `npm run chaos -- --history file` only checks the history of an earlier run again.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SingleBar } from 'cli-progress';
import { Command } from 'commander';
import { parseCommandLine } from '../../cli/command-line.ts';
import { type ChaosOptions, type ChaosOutcome, runChaos } from './chaos.ts';
import { randomSeed, temporaryFolder, toCount, toFaults } from './command-line.ts';
import { checkHistory } from './history/check-history.ts';
import { type HistoryEvent, readHistory, writeHistory } from './history/history.ts';
import { storyOf } from './history/story.ts';
import { reportOf } from './report.ts';

const HISTORIES = join(import.meta.dirname, '../../.local/histories');

const program = new Command('npm run chaos --')
  .description(
    'Runs processes through a local runtime with every fault on, and checks the history of all calls, and each outcome against Step Functions.',
  )
  .option('--processes <number>', 'the number of processes', toCount, 1_000)
  .option('--in-flight <number>', 'how many run concurrently', toCount, 100)
  .option('--seed <number>', 'the seed of the load and the faults (default: random)', toCount)
  .option('--faults <list>', 'the faults, as for npm start', toFaults, 'all,kill=0.00005')
  .option('--history <file>', 'only check the history of an earlier run');
await parseCommandLine(program);
const { history, ...options } = program.opts<
  Omit<ChaosOptions, 'folder' | 'seed' | 'onHistory'> & { seed?: number; history?: string }
>();

try {
  const isRight = history === undefined ? await run(options) : check(readHistory(history));
  process.exitCode = isRight ? 0 : 1;
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}

async function run({
  processes,
  inFlight,
  seed = randomSeed(),
  faults,
}: Omit<typeof options, 'history'>): Promise<boolean> {
  const again = `--processes ${processes} --in-flight ${inFlight} --seed ${seed} --faults ${faults}`;
  console.error(`Seed ${seed}. To repeat: npm run chaos -- ${again}`);
  mkdirSync(HISTORIES, { recursive: true });
  const file = join(HISTORIES, `chaos-${seed}.jsonl`);
  const bar = new SingleBar({
    format: '{bar} {value}/{total} processes, {duration} s',
    noTTYOutput: true,
    notTTYSchedule: 15_000,
  });
  bar.start(processes, 0);
  let checked = false;
  const outcome: ChaosOutcome = await runChaos({
    ...{ processes, inFlight, seed, faults, folder: temporaryFolder('facade-chaos-') },
    onProgress: (done) => bar.update(done),
    onHistory(events) {
      bar.stop();
      writeHistory(file, events);
      checked = check(events);
      console.log(`            in ${file}`);
    },
  });
  for (const line of reportOf(outcome)) console.log(line);
  const { lies, executions } = outcome.truth;
  return checked && lies.length === 0 && executions === processes;
}

function check(events: readonly HistoryEvent[]): boolean {
  const violations = checkHistory(events);
  const calls = events.filter(({ type }) => type === 'invoked').length;
  for (const violation of violations) console.log(`${storyOf(violation).join('\n')}\n`);
  console.log(`History     ${calls} calls, ${events.length} events, ${violations.length} violations`);
  return violations.length === 0;
}
