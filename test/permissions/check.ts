/**
 * Checks whether each permission of the template is needed: which scenario uses it, and whether
 * that scenario fails without it.
 */
import type { Permission } from '../../local/iam/iam.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';
import { roleNameOf } from './table.ts';
import { removeMarkers, type World } from './world.ts';

/** The result for a permission. `neededBy` names a scenario that fails without it. */
export type Finding = Permission & {
  verdict: 'needed' | 'step input' | 'not enforced locally' | 'unused';
  neededBy?: string;
};

/** The local runtime serves neither service. */
const NOT_ENFORCED = /^(logs|xray):/;
/**
 * Every step may read the input of its process, since synthesis does not know what its code reads.
 * A step that does not read it leaves the permission unused.
 */
const STEP_INPUT = /\/processes\/\*\/[^/*]+\/input\.json$/;

/** Returns a permission as text, the same in both runtimes. */
export const nameOf = ({ roleArn, action, resource }: Permission) =>
  [roleNameOf(roleArn), action, resource].join(' ');

/** Whether the local runtime enforces the permission. */
export const isEnforced = ({ action }: Permission) => !NOT_ENFORCED.test(action);

/**
 * Returns the scenarios that use each permission, by its name. Throws if a scenario fails although
 * it has all permissions.
 */
export async function usesOf(world: World): Promise<Map<string, Scenario[]>> {
  const uses = new Map<string, Scenario[]>();
  for (const scenario of SCENARIOS) {
    const used = new Set<string>();
    const stops = sidesOf(world).map(({ runtime }) =>
      runtime.permissions.watch((permission) => used.add(nameOf(permission))),
    );
    try {
      await run(scenario, world);
    } catch (cause) {
      throw new Error(`"${scenario.name}" fails although it has all permissions`, { cause });
    } finally {
      for (const stop of stops) stop();
    }
    for (const name of used) uses.set(name, [...(uses.get(name) ?? []), scenario]);
  }
  return uses;
}

/** Returns all permissions of the template. */
export function permissionsOf({ quiet }: World): Permission[] {
  return quiet.runtime.permissions.list();
}

/**
 * Withholds the permission and runs the scenarios that use it, until one fails twice: a single
 * failure may be chance.
 */
export async function findingOf(
  world: World,
  permission: Permission,
  uses: ReadonlyMap<string, readonly Scenario[]>,
): Promise<Finding> {
  if (!isEnforced(permission)) return { ...permission, verdict: 'not enforced locally' };
  const restore = sidesOf(world).map(({ runtime }) => runtime.permissions.withhold(permission));
  try {
    for (const scenario of uses.get(nameOf(permission)) ?? []) {
      if ((await fails(scenario, world)) && (await fails(scenario, world)))
        return { ...permission, verdict: 'needed', neededBy: scenario.name };
    }
  } finally {
    for (const undo of restore) undo();
  }
  return { ...permission, verdict: STEP_INPUT.test(permission.resource) ? 'step input' : 'unused' };
}

const sidesOf = ({ quiet, usual }: World) => [quiet, usual];

async function run(scenario: Scenario, world: World): Promise<void> {
  await scenario.run(world);
  await removeMarkers(world.quiet);
}

async function fails(scenario: Scenario, world: World): Promise<boolean> {
  try {
    await run(scenario, world);
    return false;
  } catch {
    await removeMarkers(world.quiet);
    return true;
  }
}
