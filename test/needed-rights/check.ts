/**
 * Finds out of each right of the template whether it is needed: which scenario uses it, and whether
 * that fails without it.
 */
import type { Permission } from '../../local/iam/iam.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';
import { removeMarks, type World } from './world.ts';

/** What is known of a right. `noticed` has the name of a scenario that fails without it. */
export type Finding = Permission & {
  verdict: 'noticed' | 'contract' | 'not served here' | 'unnoticed';
  noticed?: string;
};

/** Neither service is served by the local runtime. */
const NOT_SERVED = /^(logs|xray):/;
/**
 * Every step may read the input of its process: what its code reads is not known at synthesis. So
 * the right of a step that reads none is not noticed, and it is enough that the same right of
 * another step is.
 */
const INPUT_OF_A_STEP = /\/processes\/\*\/[^/*]+\/input\.json$/;

/** A right as text, the same in both runtimes. */
export const nameOf = ({ roleArn, action, resource }: Permission) =>
  [roleArn.split('/').at(-1), action, resource].join(' ');

/** Whether the local runtime judges requests by the right. */
export const isServed = ({ action }: Permission) => !NOT_SERVED.test(action);

/**
 * Which scenarios use which right, by its name. Throws the error of a scenario that fails with all
 * rights.
 */
export async function usesOf(world: World): Promise<Map<string, Scenario[]>> {
  const uses = new Map<string, Scenario[]>();
  for (const scenario of SCENARIOS) {
    const used = new Set<string>();
    const stops = sidesOf(world).map(({ runtime }) =>
      runtime.permissions.watch((right) => used.add(nameOf(right))),
    );
    try {
      await play(scenario, world);
    } catch (cause) {
      throw new Error(`With all rights, "${scenario.name}" fails`, { cause });
    } finally {
      for (const stop of stops) stop();
    }
    for (const name of used) uses.set(name, [...(uses.get(name) ?? []), scenario]);
  }
  return uses;
}

/** All rights of the template. */
export function rightsOf({ quiet }: World): Permission[] {
  return quiet.runtime.permissions.list();
}

/** Takes the right away and plays what uses it, until something fails twice: once may be chance. */
export async function findingOf(
  world: World,
  right: Permission,
  uses: ReadonlyMap<string, readonly Scenario[]>,
): Promise<Finding> {
  if (!isServed(right)) return { ...right, verdict: 'not served here' };
  const giveBack = sidesOf(world).map(({ runtime }) => runtime.permissions.withhold(right));
  try {
    for (const scenario of uses.get(nameOf(right)) ?? []) {
      if ((await fails(scenario, world)) && (await fails(scenario, world)))
        return { ...right, verdict: 'noticed', noticed: scenario.name };
    }
  } finally {
    for (const give of giveBack) give();
  }
  return { ...right, verdict: INPUT_OF_A_STEP.test(right.resource) ? 'contract' : 'unnoticed' };
}

const sidesOf = ({ quiet, usual }: World) => [quiet, usual];

async function play(scenario: Scenario, world: World): Promise<void> {
  await scenario.run(world);
  await removeMarks(world.quiet);
}

async function fails(scenario: Scenario, world: World): Promise<boolean> {
  try {
    await play(scenario, world);
    return false;
  } catch {
    await removeMarks(world.quiet);
    return true;
  }
}
