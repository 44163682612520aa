/** A bounded part of `npm run explore`: every order of requests, as far as the bound goes. */
import { describe, expect, it } from 'vitest';
import './explore/environment.ts';

const { explore, tell } = await import('./explore/explore.ts');
const { SCENARIOS } = await import('./explore/scenarios.ts');

const MAX_STATES = 30_000;

describe.each(SCENARIOS)('$name: $about', (scenario) => {
  it('breaks no rule', async () => {
    const { violation, states } = await explore(scenario, { maxStates: MAX_STATES });
    expect(violation ? await tell(scenario, violation.trace) : []).toEqual([]);
    expect(states).toBeGreaterThan(1_000);
  });
});
