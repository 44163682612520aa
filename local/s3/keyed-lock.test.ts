import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createKeyedLock } from './keyed-lock.ts';

test('work under one key never overlaps and runs in its order, also after failures', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.record({ key: fc.constantFrom('a', 'b'), fails: fc.boolean() }), { maxLength: 8 }),
      async (scheduler, works) => {
        const exclusively = createKeyedLock();
        const inside = new Map<string, number>();
        const order: number[] = [];
        const results = works.map(({ key, fails }, number) =>
          exclusively(key, async () => {
            expect(inside.get(key)).toBeUndefined();
            inside.set(key, number);
            await scheduler.schedule(Promise.resolve());
            inside.delete(key);
            order.push(number);
            if (fails) throw new Error(`work ${number}`);
            return number;
          }),
        );
        const settled = Promise.allSettled(results);
        await scheduler.waitFor(settled);
        for (const [number, result] of (await settled).entries()) {
          expect(result.status).toBe(works[number]?.fails ? 'rejected' : 'fulfilled');
        }
        for (const key of ['a', 'b']) {
          const mine = order.filter((number) => works[number]?.key === key);
          expect(mine).toEqual(mine.toSorted((x, y) => x - y));
        }
      },
    ),
  );
});
