import { StartError } from '../common/errors.ts';

/**
 * Thrown when an event pattern is wrong. The message is what `PutRule` answers, without the place
 * in the text of the pattern.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
 */
export class InvalidEventPatternException extends Error {
  override readonly name = 'InvalidEventPatternException';
  readonly reason: string;

  constructor(reason: string) {
    super(`Event pattern is not valid. Reason: ${reason}`);
    this.reason = reason;
  }
}

/**
 * Thrown when a schedule or the input of a target is wrong, as `PutRule` and `PutTargets` answer
 * it.
 */
export class ValidationException extends Error {
  override readonly name = 'ValidationException';
}

/**
 * Thrown when a rule cannot be served: it is wrong (`cause` tells how), or it uses what the local
 * runtime does not support.
 */
export class RuleConfigurationError extends StartError {
  override readonly name = 'RuleConfigurationError';
  readonly ruleArn: string;

  constructor(ruleArn: string, problem: string, options?: ErrorOptions) {
    super(`rule [${ruleArn}]: ${problem}`, options);
    this.ruleArn = ruleArn;
  }
}

/**
 * The `ERROR_CODE` of a dead letter.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
 */
export type TargetErrorCode =
  | 'NO_PERMISSIONS'
  | 'FAILED_TO_ASSUME_ROLE'
  | 'NO_RESOURCE'
  | 'INVALID_PARAMETER'
  | 'INVALID_JSON'
  | 'ERROR_FROM_TARGET'
  | 'THROTTLING'
  | 'TIMEOUT'
  | 'CONNECTION_FAILURE'
  | 'UNKNOWN';

/**
 * Thrown when a target did not take an event. Whether the event is tried again depends on `code`.
 * Whoever calls a target for EventBridge throws it to say more than `UNKNOWN`, which every other
 * error counts as.
 */
export class TargetError extends Error {
  override readonly name = 'TargetError';
  readonly code: TargetErrorCode;

  constructor(code: TargetErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
