import { isObject } from '../common/json.ts';
import { TargetError, type TargetErrorCode } from './errors.ts';
import type { TargetInput } from './input.ts';

/** A target of a rule, as in the template. */
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

/** AppSync's response to a GraphQL request. */
export type GraphQlResponse = { data: unknown; errors?: unknown[] | undefined };

/** The calls to targets. Both may throw {@link TargetError} with the reason of a failure. */
export type TargetCalls = {
  /** Adds the event to Lambda's queue of asynchronous invocations. */
  enqueue(functionArn: string, payload: unknown): void;
  executeGraphQl(
    endpointArn: string,
    roleArn: string,
    operation: string,
    variables: Record<string, unknown>,
  ): Promise<GraphQlResponse>;
};

/** Delivers one input to the target. Rejects if the target did not accept it. */
export type TargetCall = (input: unknown) => Promise<void>;

/**
 * Returns the call of a target, or a text with the reason why the local runtime cannot call it.
 *
 * A delivery to Lambda succeeds as soon as the event is queued there, whether or not the function
 * fails later. A delivery to AppSync fails if the response has errors and no field with a value.
 * AWS does not document whether EventBridge checks them; this is the safe interpretation.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/target-appsync.html
 */
export function targetCall(target: RuleTarget, calls: TargetCalls): TargetCall | string {
  const service = target.arn.split(':')[2];
  if (service === 'lambda') return async (input) => calls.enqueue(target.arn, input);
  if (service !== 'appsync')
    return `targets of the service '${service}' are not supported, only lambda and appsync`;

  const { roleArn, appSync } = target;
  if (roleArn === undefined) return 'Expected an AppSync target to have a RoleArn';
  if (!appSync) return 'Expected an AppSync target to have AppSyncParameters with a GraphQLOperation';
  return async (input) => {
    if (!isObject(input)) {
      throw new TargetError(
        'INVALID_PARAMETER',
        'Expected the input of an AppSync target to be a JSON object',
      );
    }
    assertHasData(await calls.executeGraphQl(target.arn, roleArn, appSync.graphQLOperation, input));
  };
}

function assertHasData({ data, errors = [] }: GraphQlResponse): void {
  const hasValue = isObject(data) && Object.values(data).some((value) => value !== null);
  if (errors.length === 0 || hasValue) return;
  const isUnauthorized = errors.some((error) => isObject(error) && UNAUTHORIZED.has(String(error.errorType)));
  throw new TargetError(isUnauthorized ? 'NO_PERMISSIONS' : 'ERROR_FROM_TARGET', JSON.stringify(errors));
}

const UNAUTHORIZED = new Set(['Unauthorized', 'UnauthorizedException']);

/** Returns the code and message of an error for a dead letter. */
export function failureOf(thrown: unknown): { code: TargetErrorCode; message: string } {
  if (thrown instanceof TargetError) return { code: thrown.code, message: thrown.message };
  return { code: 'UNKNOWN', message: thrown instanceof Error ? thrown.message : String(thrown) };
}

/**
 * Returns whether no retry can help, so that the event goes to the dead-letter queue at once.
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
