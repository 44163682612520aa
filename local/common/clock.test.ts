import { expect, test } from 'vitest';
import { systemClock } from './clock.ts';

test('the system clock runs a call when it is due, unless it is canceled', async () => {
  const calls: string[] = [];
  const take = systemClock.after(1, () => calls.push('taken back'));
  take();
  await new Promise<void>((resolve) => void systemClock.after(1, resolve));
  const farOff = systemClock.after(1e12, () => calls.push('too early'));
  await new Promise<void>((resolve) => void systemClock.after(2, resolve));
  farOff();
  expect(calls).toEqual([]);
});
