import { isObject } from '../common/json.ts';
import { TargetError, type TargetErrorCode } from './errors.ts';
import type { TargetInput } from './input.ts';

/** A target of a rule, as the template has it. */
export type RuleTarget = TargetInput & {
  id: string;
  arn: string;
  roleArn?: string | undefined;
  appSync?: { graphQLOperation: string } | undefined;
  retryPolicy?:
    | { maximumRetryAttempts?: number | undefined; maximumEventAgeInSeconds?: number | undefined }
    | undefined;
  deadLetterArn?: string | undefined;
};

/** What AppSync answers to a GraphQL request. */
export type GraphQlAnswer = { data: unknown; errors?: unknown[] | undefined };

/** How targets are reached. Both may throw {@link TargetError} to say what went wrong. */
export type TargetCalls = {
  /** Takes the event into Lambda's queue for asynchronous invocations. */
  enqueue(functionArn: string, payload: unknown): void;
  executeGraphQl(
    endpointArn: string,
    roleArn: string,
    operation: string,
    variables: Record<string, unknown>,
  ): Promise<GraphQlAnswer>;
};

/** Delivers one input to the target. Rejects if the target did not take it. */
export type TargetCall = (input: unknown) => Promise<void>;

/**
 * How to reach a target; a text that says why not where the local runtime cannot.
 *
 * Lambda has the event as soon as it is queued there: an error of the function is not EventBridge's
 * concern. AppSync has it unless the answer holds errors and no field with a value; whether
 * EventBridge looks at them is not documented, so this is the safe reading.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/target-appsync.html
 */
export function targetCall(target: RuleTarget, calls: TargetCalls): TargetCall | string {
  const service = target.arn.split(':')[2];
  if (service === 'lambda') return async (input) => calls.enqueue(target.arn, input);
  if (service !== 'appsync')
    return `targets of the service '${service}' are not supported, only lambda and appsync`;

  const { roleArn, appSync } = target;
  if (roleArn === undefined) return 'expected an AppSync target to have a RoleArn';
  if (!appSync) return 'expected an AppSync target to have AppSyncParameters with a GraphQLOperation';
  return async (input) => {
    if (!isObject(input)) {
      throw new TargetError(
        'INVALID_PARAMETER',
        'expected the input of an AppSync target to be a JSON object',
      );
    }
    mustHaveData(await calls.executeGraphQl(target.arn, roleArn, appSync.graphQLOperation, input));
  };
}

function mustHaveData({ data, errors = [] }: GraphQlAnswer): void {
  const hasValue = isObject(data) && Object.values(data).some((value) => value !== null);
  if (errors.length === 0 || hasValue) return;
  const isRefusal = errors.some((error) => isObject(error) && REFUSALS.has(String(error.errorType)));
  throw new TargetError(isRefusal ? 'NO_PERMISSIONS' : 'ERROR_FROM_TARGET', JSON.stringify(errors));
}

const REFUSALS = new Set(['Unauthorized', 'UnauthorizedException']);

/** Of an error, what a dead letter tells. */
export function failureOf(thrown: unknown): { code: TargetErrorCode; message: string } {
  if (thrown instanceof TargetError) return { code: thrown.code, message: thrown.message };
  return { code: 'UNKNOWN', message: thrown instanceof Error ? thrown.message : String(thrown) };
}

/**
 * Whether a retry cannot help, so the event goes to the dead-letter queue at once.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
 */
export function isPermanent(code: TargetErrorCode): boolean {
  return PERMANENT.has(code);
}

const PERMANENT = new Set<TargetErrorCode>([
  'NO_PERMISSIONS',
  'FAILED_TO_ASSUME_ROLE',
  'NO_RESOURCE',
  'INVALID_PARAMETER',
  'INVALID_JSON',
]);
