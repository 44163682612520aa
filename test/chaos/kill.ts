/**
 * `npm run kill -- --kills 20 --seed 7`: kills the runtime at random moments under load, and
 * restarts it. Checks that no accepted process is missing, no object is torn, and no step with a
 * document runs again.
 */
import { Command } from 'commander';
import { parseCommandLine } from '../../cli/command-line.ts';
import { randomSeed, temporaryFolder, toCount } from './command-line.ts';
import { runKills } from './kills.ts';

const program = new Command('npm run kill --')
  .description(
    'Kills a local runtime at random moments under load, and checks that nothing is lost, torn or done twice.',
  )
  .option('--kills <number>', 'the number of kills', toCount, 20)
  .option('--seed <number>', 'the seed of the moments (default: random)', toCount);
await parseCommandLine(program);
const { kills, seed = randomSeed() } = program.opts<{ kills: number; seed?: number }>();
console.error(`Seed ${seed}. To repeat: npm run kill -- --kills ${kills} --seed ${seed}`);

try {
  const { starts, accepted, missing, objects, effects, repeated, wrong } = await runKills({
    kills,
    seed,
    folder: temporaryFolder('facade-kill-'),
    onProgress: console.error,
  });
  console.log(`Kills       ${kills}, the runtime was started ${starts} times`);
  console.log(`Processes   ${accepted} accepted, ${missing.length} missing or not SUCCEEDED`);
  console.log(`Objects     ${objects} read whole`);
  console.log(
    `Effects     ${effects}: ${repeated} repeated by steps that were cut off before they had written,`,
  );
  console.log(`            ${wrong.length} by steps that had written`);
  for (const name of [...missing, ...wrong]) console.log(`WRONG       ${name}`);
  process.exitCode = missing.length + wrong.length > 0 ? 1 : 0;
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
