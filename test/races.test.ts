/**
 * More concurrent calls than can be explored exhaustively (test/explore). Random walks through the
 * real functions, with crashes and late events, keep every rule of test/explore/invariants.ts.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import './explore/environment.ts';

const { tell, walk } = await import('./explore/explore.ts');
const { CROWDS } = await import('./explore/scenarios.ts');

describe.each(CROWDS)('$about', (scenario) => {
  it('break no rule in any order of their requests', async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat(9_999)), async (choices) => {
        const { violation, trace } = await walk(scenario, choices);
        expect(violation ? await tell(scenario, trace) : []).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
