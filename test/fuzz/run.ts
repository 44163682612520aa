/**
 * `npm run fuzz -- --seed 7 --count 100000`: sends inputs to all endpoints of a local runtime.
 * `--only 4711` sends one of them and prints the bytes on the wire.
 */
import { SingleBar } from 'cli-progress';
import { Command } from 'commander';
import { randomSeed, temporaryFolder, toCount } from '../chaos/command-line.ts';
import { type FuzzOutcome, fuzz, MAX_MEMORY_MB } from './fuzz.ts';

const SHOWN_CHARACTERS = 3_000;

const program = new Command('npm run fuzz --')
  .description(
    'Sends inputs of all kinds to every endpoint of a local runtime, and checks that each gets a response.',
  )
  .option('--count <number>', 'how many', toCount, 100_000)
  .option('--seed <number>', 'what decides the inputs (default: a random one)', toCount)
  .option('--only <number>', 'sends the input of this number alone, and prints it', Number)
  .parse();
const { count, seed = randomSeed(), only } = program.opts<{ count: number; seed?: number; only?: number }>();

const folder = temporaryFolder('facade-fuzz-');
if (only === undefined)
  console.error(`Seed ${seed}. To repeat: npm run fuzz -- --seed ${seed} --count ${count}`);
const bar = new SingleBar({
  format: '{bar} {value}/{total} inputs, {duration} s',
  noTTYOutput: true,
  notTTYSchedule: 15_000,
});
if (only === undefined) bar.start(count, 0);
try {
  const outcome = await fuzz({
    seed,
    folder,
    ...(only === undefined
      ? { count, onProgress: (sent) => bar.update(sent) }
      : { count: 1, from: only, keepAll: true }),
  }).finally(() => bar.stop());
  print(outcome);
  const { violations, complaints, orderStatus, memoryMb } = outcome;
  const isBounded = (memoryMb?.highest ?? 0) < MAX_MEMORY_MB;
  const isClean = violations.length === 0 && complaints.length === 0;
  process.exitCode = isClean && isBounded && orderStatus === 'SUCCEEDED' ? 0 : 1;
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}

function print({
  sent,
  statuses,
  violations,
  complaints,
  orderStatus,
  memoryMb,
  exchanges,
}: FuzzOutcome): void {
  for (const [label, byStatus] of [...statuses].sort(([a], [b]) => a.localeCompare(b))) {
    const counts = [...byStatus]
      .sort(([, a], [, b]) => b - a)
      .map(([status, times]) => `${status}: ${times}`);
    console.log(`${label.padEnd(30)} ${counts.join(', ')}`);
  }
  for (const { sent: bytes, received } of exchanges) console.log(`\nSent\n${bytes}\nReceived\n${received}`);
  for (const { index, label, problem, sent: bytes, received } of violations) {
    console.log(`\nInput ${index} (${label}): ${problem}`);
    console.log(`  Sent      ${bytes.slice(0, SHOWN_CHARACTERS)}`);
    console.log(`  Received  ${received.slice(0, SHOWN_CHARACTERS)}`);
    console.log(`  Again     npm run fuzz -- --seed ${seed} --only ${index}`);
  }
  if (complaints.length > 0) console.log(`\nThe runtime logged:\n${complaints.slice(0, 60).join('\n')}`);
  const memory = memoryMb
    ? `${memoryMb.atStart} MB at the start, ${memoryMb.highest} MB at most, ${memoryMb.atEnd} MB at the end`
    : 'not known';
  console.log(
    `\n${sent} inputs, ${violations.length} violations, ${complaints.length} lines about failures of the runtime's own. Memory: ${memory}. An order then ended ${orderStatus}.`,
  );
}
