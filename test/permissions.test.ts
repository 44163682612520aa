/** A small part of `npm run permissions`: it withholds a few permissions instead of each one. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findingOf, isEnforced, nameOf, permissionsOf, usesOf } from './permissions/check.ts';
import type { Scenario } from './permissions/scenarios.ts';
import { tableOf } from './permissions/table.ts';
import { openWorld } from './permissions/world.ts';

let world: Awaited<ReturnType<typeof openWorld>>;
let uses: ReadonlyMap<string, readonly Scenario[]>;
beforeAll(async () => {
  world = await openWorld();
  uses = await usesOf(world);
}, 240_000);
afterAll(() => world.close());

describe('the permissions of the template', () => {
  it('are those that docs/security.md lists', () => {
    const documented = readFileSync(join(import.meta.dirname, '../docs/security.md'), 'utf8')
      .split('<!-- permissions -->')[1]
      ?.split('\n')
      .filter((line) => line.startsWith('| '))
      .slice(2)
      .map((line) =>
        line
          .slice(2, -2)
          .split(' | ')
          .map((cell) => cell.trim())
          .join(' | '),
      );
    expect(documented).toEqual(tableOf(permissionsOf(world).filter(isEnforced)));
  });

  it('are each used by a scenario, apart from inputs that a step may read and does not', () => {
    const all = permissionsOf(world).filter(isEnforced).map(nameOf);
    // A step writes inside or outside of Maps and loops, and can be moved while processes run.
    const otherPlace = (name: string) =>
      name.endsWith('/*') ? name.replace(/\/\*$/, '.json') : name.replace(/\.json$/, '/*');
    const isPlace = (name: string) => name.includes(' s3:PutObject ') && uses.has(otherPlace(name));
    const unused = all.filter((name) => !uses.has(name) && !isPlace(name));
    expect(unused.filter((name) => !name.endsWith('/input.json'))).toEqual([]);
    expect(unused.length).toBeLessThan(12);
  });

  it.each([
    ['FacadeSweep', 's3:DeleteObject', 'running/*'],
    ['FacadeSweep', 's3:GetObject', 'sweep/cursor'],
    ['FacadeFieldsMutationstartProcess', 's3:ListBucket', ''],
    ['FacadeFieldsMutationredriveProcess', 's3:GetObject', 'running/*'],
    ['FacadeFieldsQueryprocessState', 'appsync:GraphQL', 'publishProcessState'],
    ['FacadeDefinitionspauseMachineRole', 'lambda:InvokeFunction', 'After'],
  ])(
    'of %s to %s %s are needed: a scenario fails without it',
    async (role, action, resource) => {
      const permission = permissionsOf(world).find(
        (each) => nameOf(each).startsWith(role) && each.action === action && each.resource.includes(resource),
      );
      if (!permission) throw new Error('No such permission');
      expect(await findingOf(world, permission, uses)).toMatchObject({ verdict: 'needed' });
    },
    60_000,
  );
});
