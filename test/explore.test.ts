/**
 * A bounded part of `npm run explore`: orders of requests up to a bound, and one mutation that must
 * be detected.
 */
import { describe, expect, it } from 'vitest';
import './explore/environment.ts';

const { explore, tell } = await import('./explore/explore.ts');
const { isCaught, MUTANTS } = await import('./explore/mutants.ts');
const { SCENARIOS } = await import('./explore/scenarios.ts');

const MAX_STATES = 20_000;

describe.each(SCENARIOS)('$name: $about', (scenario) => {
  it('breaks no rule', async () => {
    const { violation, states } = await explore(scenario, { maxStates: MAX_STATES });
    expect(violation ? await tell(scenario, violation.trace) : []).toEqual([]);
    expect(states).toBeGreaterThan(1_000);
  });
});

describe('the explorer', () => {
  it('detects that a marker is removed although it was rewritten', async () => {
    const mutant = MUTANTS.find(({ about }) => about === 'a marker is removed even if it has changed');
    expect(mutant && (await isCaught(mutant))).toBe(true);
  });
});
