import { expect, test } from 'vitest';
import { until } from '../../../test/kit/until.ts';
import { withRetryAndCatch } from './engine.ts';
import { StateFailure } from './state-failure.ts';

const hourly = { Retry: [{ ErrorEquals: ['E'], IntervalSeconds: 3600 }] };
const failing = async () => {
  throw new StateFailure('E', 'why');
};
const { signal } = new AbortController();

test('an interval that is over is not waited for again', async () => {
  const made: number[] = [];
  const attempt = async (earlier: number) => {
    made.push(earlier);
    return earlier < 2 ? failing() : 'done';
  };
  const end = withRetryAndCatch(hourly, attempt, { isIntervalOver: (number) => number < 2, signal });
  expect(await end).toEqual({ value: 'done' });
  expect(made).toEqual([0, 1, 2]);
});

test('an abort ends the waiting, and no attempt follows', async () => {
  const controller = new AbortController();
  let attempts = 0;
  const attempt = async () => {
    attempts++;
    return failing();
  };
  const end = withRetryAndCatch(hourly, attempt, { isIntervalOver: () => false, signal: controller.signal });
  await until(() => attempts === 1);
  controller.abort(new Error('stopped'));
  await expect(end).rejects.toThrow('stopped');
  await expect(
    withRetryAndCatch({}, attempt, { isIntervalOver: () => false, signal: controller.signal }),
  ).rejects.toThrow('stopped');
  expect(attempts).toBe(1);
});

test('an error that is not a failure of a state is neither retried nor caught', async () => {
  const bug = new TypeError('x is undefined');
  const rules = { ...hourly, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'B' }] };
  const attempt = async () => {
    throw bug;
  };
  await expect(withRetryAndCatch(rules, attempt, { isIntervalOver: () => true, signal })).rejects.toBe(bug);
});
