/**
 * `npm run explore`: explores every order of requests and faults over the real functions that
 * start, record, publish, repair, stop and redrive.
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import { parseCommandLine } from '../../cli/command-line.ts';
import './environment.ts';
import type { Scenario } from './scenarios.ts';

const { explore, tell } = await import('./explore.ts');
const { INVARIANTS } = await import('./invariants.ts');
const { isCaught, MUTANTS } = await import('./mutants.ts');
const { SCENARIOS } = await import('./scenarios.ts');

type Options = {
  scenario?: string;
  trace?: number[];
  invariant?: keyof typeof INVARIANTS;
  maxStates: number;
  first?: true;
  mutants?: true;
};

/** Limits the search for the shortest trace, which stores every state. */
const MAX_STATES_OF_SHORTEST = 300_000;

const program = new Command('npm run explore --')
  .description(
    'Explores every order of requests, crashes, and lost, doubled and late events of each scenario.',
  )
  .addOption(
    new Option('--scenario <name>', 'explore only this scenario').choices(SCENARIOS.map(({ name }) => name)),
  )
  .addOption(new Option('--invariant <name>', 'check only this rule').choices(Object.keys(INVARIANTS)))
  .option('--max-states <n>', 'the maximum number of states to explore per scenario', positive, 500_000)
  .option('--trace <choices>', 'replay a trace of the scenario, as printed for a violation', toTrace)
  .option('--first', 'print the first trace that is found, without searching for the shortest')
  .option('--mutants', 'check that the explorer finds each known way to break a rule');
await parseCommandLine(program);
const { scenario: name, trace, invariant, maxStates, first, mutants } = program.opts<Options>();
const chosen = SCENARIOS.filter((scenario) => name === undefined || scenario.name === name);

if (mutants) process.exitCode = (await catchMutants()) ? 0 : 1;
else if (trace) await replay(trace);
else process.exitCode = (await exploreAll(chosen)) === 0 ? 0 : 1;

function positive(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('It is a whole number from 1.');
  return number;
}

function toTrace(text: string): number[] {
  const choices = text.split(',').map(Number);
  if (!choices.every((choice) => Number.isInteger(choice) && choice >= 0)) {
    throw new InvalidArgumentError('It is a list of numbers with commas, as a violation prints it.');
  }
  return choices;
}

async function replay(choices: readonly number[]): Promise<void> {
  const [scenario] = chosen;
  if (!scenario || chosen.length > 1) return program.error('error: --trace needs --scenario');
  try {
    console.log((await tell(scenario, choices)).join('\n'));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    program.error(`error: ${error.message}: is it a trace of [${scenario.name}] at this commit?`);
  }
}

/** Returns the number of scenarios that break a rule. */
async function exploreAll(scenarios: readonly Scenario[]): Promise<number> {
  let total = 0;
  let violations = 0;
  for (const scenario of scenarios) {
    const began = performance.now();
    const found = await explore(scenario, { maxStates, only: invariant });
    total += found.states;
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    const bound = found.isComplete || found.violation ? '' : ' (stopped at the bound)';
    console.log(
      `${scenario.name.padEnd(18)} ${String(found.states).padStart(9)} states  ${seconds.padStart(6)} s${bound}`,
    );
    if (!found.violation) continue;
    violations++;
    await printShortest(scenario, found.violation.trace);
  }
  console.log(`${total} states, ${violations} violations`);
  return violations;
}

async function printShortest(scenario: Scenario, found: number[]): Promise<void> {
  const breadth = { order: 'breadth', maxStates: MAX_STATES_OF_SHORTEST, only: invariant } as const;
  const shortest = first ? undefined : await explore(scenario, breadth);
  const steps = shortest?.violation?.trace ?? found;
  console.log((await tell(scenario, steps)).join('\n'));
  console.log(`Replay: npm run explore -- --scenario ${scenario.name} --trace ${steps.join(',')}`);
}

/** Returns whether every mutant was detected. */
async function catchMutants(): Promise<boolean> {
  let missed = 0;
  for (const mutant of MUTANTS) {
    const caught = await isCaught(mutant);
    if (!caught) missed++;
    console.log(`${caught ? 'caught' : 'MISSED'}  ${mutant.breaks.padEnd(16)} ${mutant.about}`);
  }
  console.log(`${MUTANTS.length - missed} of ${MUTANTS.length} mutants caught`);
  return missed === 0;
}
