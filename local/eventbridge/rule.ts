import { RuleConfigurationError } from './errors.ts';
import { compileInput, type InputOf } from './input.ts';
import { compilePattern, type EventMatcher } from './pattern.ts';
import { rateMs } from './rate.ts';
import { type RuleTarget, type TargetCall, type TargetCalls, targetCall } from './target.ts';

/** A rule of the default event bus, as the template has it. `schedule` is `rate(…)`. */
export type EventRule = {
  name: string;
  arn: string;
  pattern?: object | undefined;
  schedule?: string | undefined;
  enabled: boolean;
  targets: RuleTarget[];
};

/**
 * A rule whose parts have been checked and made ready. `scheduleMs` and `matches` are for an
 * enabled rule that has them.
 */
export type ServedRule = {
  name: string;
  arn: string;
  matches: EventMatcher;
  scheduleMs: number | undefined;
  targets: Map<string, ServedTarget>;
};

/** A target with the way to make its input and the way to reach it. */
export type ServedTarget = RuleTarget & { inputOf: InputOf; call: TargetCall };

/**
 * Makes a rule ready. Throws {@link RuleConfigurationError} where EventBridge would refuse it, and
 * where it is not supported here.
 */
export function serveRule(rule: EventRule, calls: TargetCalls): ServedRule {
  const { name, arn, pattern, schedule, enabled } = rule;
  try {
    const matches = pattern ? compilePattern(pattern) : () => false;
    const scheduleMs = schedule === undefined ? undefined : rateMs(schedule);
    const targets = rule.targets.map((target): [string, ServedTarget] => {
      const call = targetCall(target, calls);
      if (typeof call === 'string') throw new RuleConfigurationError(arn, `target [${target.id}]: ${call}`);
      return [target.id, { ...target, call, inputOf: compileInput(target.id, target) }];
    });
    const served = { name, arn, targets: new Map(targets) };
    return enabled
      ? { ...served, matches, scheduleMs }
      : { ...served, matches: () => false, scheduleMs: undefined };
  } catch (error) {
    if (error instanceof RuleConfigurationError || !(error instanceof Error)) throw error;
    throw new RuleConfigurationError(arn, error.message, { cause: error });
  }
}
