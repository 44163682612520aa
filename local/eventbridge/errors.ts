import { StartError } from '../common/errors.ts';

/**
 * Thrown when an event pattern is not valid. The message is that of `PutRule`, without the position
 * in the pattern.
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
 * Thrown when a schedule or the input of a target is not valid, with the messages of `PutRule` and
 * `PutTargets`.
 */
export class ValidationException extends Error {
  override readonly name = 'ValidationException';
}

/**
 * Thrown when a rule cannot be served, because it is not valid (see `cause`) or uses a feature that
 * the local runtime does not support.
 */
export class RuleConfigurationError extends StartError {
  override readonly name = 'RuleConfigurationError';
  readonly ruleArn: string;
  readonly problem: string;

  constructor(ruleArn: string, problem: string, options?: ErrorOptions) {
    super(`Rule [${ruleArn}]: ${problem}`, options);
    this.ruleArn = ruleArn;
    this.problem = problem;
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
 * Thrown when a target did not accept an event. `code` decides whether the delivery is retried. Any
 * other error counts as `UNKNOWN`.
 */
export class TargetError extends Error {
  override readonly name = 'TargetError';
  readonly code: TargetErrorCode;

  constructor(code: TargetErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
