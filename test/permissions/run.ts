/**
 * `npm run permissions` withholds each permission of each role and runs the scenarios that use it
 * until one fails. If none fails, the permission is unused or a scenario is missing; the command
 * then exits with 1.
 */
import { Command } from 'commander';
import { type Finding, findingOf, nameOf, permissionsOf, usesOf } from './check.ts';
import { openWorld } from './world.ts';

const { only } = new Command('npm run permissions --')
  .description(
    'Withholds each permission of the template in turn and prints the scenario that fails without it.',
  )
  .option('--only <text>', 'only permissions whose role, action or resource contains this text', '')
  .parse()
  .opts<{ only: string }>();

const world = await openWorld();
const findings: Finding[] = [];
try {
  const uses = await usesOf(world);
  for (const permission of permissionsOf(world).filter((each) => nameOf(each).includes(only))) {
    const finding = await findingOf(world, permission, uses);
    findings.push(finding);
    console.log(`${(finding.neededBy ?? finding.verdict).padEnd(70)} ${nameOf(finding)}`);
  }
} finally {
  await world.close();
}
const count = (verdict: Finding['verdict']) => findings.filter((each) => each.verdict === verdict).length;
console.log(
  `${findings.length} permissions: ${count('needed')} needed, ${count('step input')} of steps that do not read their input, ` +
    `${count('not enforced locally')} for logs and traces, ${count('unused')} unused`,
);
if (count('unused') > 0) process.exitCode = 1;
