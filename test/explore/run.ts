/**
 * `npm run explore`: every order of requests and faults over the real functions that start, record, publish, repair, stop
 * and redrive.
 */
import { Command, InvalidArgumentError } from 'commander';
import './environment.ts';

const { explore, tell } = await import('./explore.ts');
const { SCENARIOS } = await import('./scenarios.ts');

type Options = { scenario?: string; trace?: string; maxStates?: number };

const program = new Command('npm run explore --')
  .description(
    'Explores every order of requests, crashes, and lost, doubled and late events of each scenario.',
  )
  .option('--scenario <name>', `one of ${SCENARIOS.map(({ name }) => name).join(', ')}`)
  .option('--max-states <n>', 'how many states of a scenario to explore at the most', positive)
  .option('--trace <choices>', 'replays a trace of the scenario, as a violation prints it')
  .parse();
const { scenario: only, trace, maxStates } = program.opts<Options>();

function positive(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new InvalidArgumentError('Expected a whole number from 1.');
  return number;
}

const chosen = SCENARIOS.filter(({ name }) => only === undefined || name === only);
if (chosen.length === 0) program.error(`There is no scenario [${only}]`);
if (trace !== undefined) {
  const [scenario] = chosen;
  if (!scenario || chosen.length > 1) program.error('--trace needs --scenario');
  else console.log((await tell(scenario, trace.split(',').map(Number))).join('\n'));
} else {
  let total = 0;
  let violations = 0;
  for (const scenario of chosen) {
    const began = performance.now();
    const found = await explore(scenario, maxStates === undefined ? {} : { maxStates });
    total += found.states;
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    const bound = found.isComplete || found.violation ? '' : ' (stopped at the bound)';
    console.log(
      `${scenario.name.padEnd(18)} ${String(found.states).padStart(9)} states  ${seconds.padStart(6)} s${bound}`,
    );
    if (!found.violation) continue;
    violations++;
    const shortest = await explore(scenario, { order: 'breadth' });
    const { trace: steps } = shortest.violation ?? found.violation;
    console.log((await tell(scenario, steps)).join('\n'));
    console.log(`Replay: npm run explore -- --scenario ${scenario.name} --trace ${steps.join(',')}`);
  }
  console.log(`${total} states, ${violations} violations`);
  process.exitCode = violations > 0 ? 1 : 0;
}
