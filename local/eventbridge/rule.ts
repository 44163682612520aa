import { RuleConfigurationError } from './errors.ts';
import { compileInput, type InputOf } from './input.ts';
import { compilePattern, type EventMatcher } from './pattern.ts';
import { rateMs } from './rate.ts';
import { type RuleTarget, type TargetCall, type TargetCalls, targetCall } from './target.ts';

/** A rule of the default event bus, as in the template. `schedule` is `rate(…)`. */
export type EventRule = {
  name: string;
  arn: string;
  pattern?: object | undefined;
  schedule?: string | undefined;
  enabled: boolean;
  targets: RuleTarget[];
};

/**
 * A compiled rule. A disabled one matches nothing and has no `scheduleMs`; nor has a rule without a
 * schedule.
 */
export type ServedRule = {
  name: string;
  arn: string;
  matches: EventMatcher;
  scheduleMs: number | undefined;
  targets: Map<string, ServedTarget>;
};

/** A target with its compiled input and its call. */
export type ServedTarget = RuleTarget & { inputOf: InputOf; call: TargetCall };

/**
 * Compiles a rule. Throws {@link RuleConfigurationError} if EventBridge would reject it, or if the
 * local runtime does not support it.
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
