/**
 * Limits a subscription to the caller's own processes, and to one process if an id is given
 * (APPSYNC_JS, no data source).
 *
 * An enhanced filter replaces AppSync's filtering by arguments, so it includes the argument. An
 * invalid id is rejected, because an empty one would otherwise select every process.
 *
 * https://docs.aws.amazon.com/appsync/latest/devguide/aws-appsync-real-time-enhanced-filtering.html
 */
import { type Context, extensions, util } from '@aws-appsync/utils';

const UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';

export function request() {
  return { payload: null };
}

export function response(ctx: Context) {
  if (ctx.identity) {
    util.unauthorized();
  }
  const own = { fieldName: 'owner', operator: 'eq' as const, value: 'api-key' };
  const { processId } = ctx.args;
  const named = processId !== null && processId !== undefined;
  if (named && !util.matches(UUID, processId)) {
    util.error(
      'Expected processId to be a lowercase UUID, or to be omitted for all processes',
      'InvalidInput',
    );
  }
  const filters = named
    ? [own, { fieldName: 'processId', operator: 'eq' as const, value: processId }]
    : [own];
  extensions.setSubscriptionFilter({ filterGroup: [{ filters }] });
  return null;
}
