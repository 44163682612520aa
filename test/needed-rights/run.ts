/**
 * `npm run rights` takes each right of each role away and plays what the facade does until
 * something fails. A right without which nothing fails is printed as unnoticed, and ends the
 * command with an error: it is unused, or a scenario is missing.
 */
import { Command } from 'commander';
import { type Finding, findingOf, nameOf, rightsOf, usesOf } from './check.ts';
import { openWorld } from './world.ts';

const { only } = new Command('npm run rights --')
  .description('Takes each right of the template away, one by one, and tells what notices it.')
  .option('--only <text>', 'only rights whose role, action or resource has this text', '')
  .parse()
  .opts<{ only: string }>();

const world = await openWorld();
const findings: Finding[] = [];
try {
  const uses = await usesOf(world);
  for (const right of rightsOf(world).filter((each) => nameOf(each).includes(only))) {
    const finding = await findingOf(world, right, uses);
    findings.push(finding);
    console.log(`${(finding.noticed ?? finding.verdict).padEnd(70)} ${nameOf(finding)}`);
  }
} finally {
  await world.close();
}
const count = (verdict: Finding['verdict']) => findings.filter((each) => each.verdict === verdict).length;
console.log(
  `${findings.length} rights: ${count('noticed')} noticed, ${count('contract')} of steps that read no input, ` +
    `${count('not served here')} on logs and traces, ${count('unnoticed')} unnoticed`,
);
if (count('unnoticed') > 0) process.exitCode = 1;
