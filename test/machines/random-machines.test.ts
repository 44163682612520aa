import { expect, it } from 'vitest';
import { checkMachines } from './check-machines.ts';

it('a random machine that is deployed gives every run of a step its own document and the state of the author', async () => {
  const { machines, documents } = await checkMachines({ count: 150 });
  expect(machines).toBe(150);
  expect(documents).toBeGreaterThan(machines);
}, 120_000);
