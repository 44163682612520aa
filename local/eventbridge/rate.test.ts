import { expect, test } from 'vitest';
import { rateMs } from './rate.ts';

test.each([
  ['rate(1 minute)', 60_000],
  ['rate(5 minutes)', 300_000],
  ['rate(1 hour)', 3_600_000],
  ['rate(30 days)', 2_592_000_000],
])('%s is an event every %d ms', (expression, ms) => {
  expect(rateMs(expression)).toBe(ms);
});

test.each([
  'rate(1 minutes)',
  'rate(5 minute)',
  'rate(0 minutes)',
  'rate(5 seconds)',
  'rate(-1 day)',
  'rate(1.5 hours)',
  '5 minutes',
  '',
])('%j is rejected as EventBridge rejects it', (expression) => {
  expect(() => rateMs(expression)).toThrow(
    expect.objectContaining({
      name: 'ValidationException',
      message: 'Parameter ScheduleExpression is not valid.',
    }),
  );
});

test('cron is rejected by name', () => {
  expect(() => rateMs('cron(0 10 * * ? *)')).toThrow(
    'cron(0 10 * * ? *) is not supported by the local runtime. Use rate(<n> minutes|hours|days)',
  );
});
