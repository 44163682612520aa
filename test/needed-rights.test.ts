/** A bounded part of `npm run rights`: that takes every right away, this a few. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findingOf, isServed, nameOf, rightsOf, usesOf } from './needed-rights/check.ts';
import type { Scenario } from './needed-rights/scenarios.ts';
import { tableOf } from './needed-rights/table.ts';
import { openWorld } from './needed-rights/world.ts';

let world: Awaited<ReturnType<typeof openWorld>>;
let uses: ReadonlyMap<string, readonly Scenario[]>;
beforeAll(async () => {
  world = await openWorld();
  uses = await usesOf(world);
}, 240_000);
afterAll(() => world.close());

describe('the rights of the template', () => {
  it('are those of docs/security.md', () => {
    const documented = readFileSync(join(import.meta.dirname, '../docs/security.md'), 'utf8')
      .split('<!-- rights -->')[1]
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
    expect(documented).toEqual(tableOf(rightsOf(world).filter(isServed)));
  });

  it('are each used by something that the facade does, besides the input that a step may read and does not', () => {
    const unused = rightsOf(world).filter((right) => isServed(right) && !uses.has(nameOf(right)));
    expect(unused.map(nameOf).filter((name) => !name.endsWith('/input.json'))).toEqual([]);
    expect(unused.length).toBeLessThan(12);
  });

  it.each([
    ['FacadeSweep', 's3:DeleteObject', 'running/*'],
    ['FacadeSweep', 's3:GetObject', 'sweep/cursor'],
    ['FacadeMutationstartProcess', 's3:ListBucket', ''],
    ['FacadeMutationredriveProcess', 's3:GetObject', 'running/*'],
    ['FacadeQueryprocessState', 'appsync:GraphQL', 'publishProcessState'],
    ['FacadepauseMachineRole', 'lambda:InvokeFunction', 'After'],
  ])(
    'of %s to %s %s is missed when it is taken away',
    async (role, action, resource) => {
      const right = rightsOf(world).find(
        (each) => nameOf(each).startsWith(role) && each.action === action && each.resource.includes(resource),
      );
      if (!right) throw new Error('There is no such right');
      expect(await findingOf(world, right, uses)).toMatchObject({ verdict: 'noticed' });
    },
    60_000,
  );
});
