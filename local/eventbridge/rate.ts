import { ValidationException } from './errors.ts';

const UNIT_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * Returns the interval in milliseconds of a schedule such as `rate(5 minutes)`. Throws
 * {@link ValidationException} for what EventBridge rejects (`rate(1 minutes)`, `rate(0 days)`), and
 * for `cron(…)`, which the local runtime does not support.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html#eb-rate-expressions
 */
export function rateMs(expression: string): number {
  if (expression.startsWith('cron(')) {
    throw new ValidationException(
      `${expression} is not supported by the local runtime. Use rate(<n> minutes|hours|days)`,
    );
  }
  const match = /^rate\((?<count>\d+) (?<unit>minute|hour|day)(?<plural>s?)\)$/.exec(expression)?.groups;
  const count = Number(match?.count);
  const unit = match?.unit;
  if (!match || !isUnit(unit) || count < 1 || (count === 1) !== (match.plural === '')) {
    throw new ValidationException('Parameter ScheduleExpression is not valid.');
  }
  return count * UNIT_MS[unit];
}

function isUnit(unit: string | undefined): unit is keyof typeof UNIT_MS {
  return unit !== undefined && Object.hasOwn(UNIT_MS, unit);
}
