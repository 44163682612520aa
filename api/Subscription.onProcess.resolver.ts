/**
 * Limits a subscriber to what is its own, and to one process where it names one (APPSYNC_JS, no
 * data source). An enhanced filter replaces AppSync's filtering by arguments, so the argument is
 * part of it. An id that no process can have is rejected: as an empty one it would otherwise mean
 * every process.
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
    util.error('processId must be a UUID in lower case, or left out for all processes', 'InvalidInput');
  }
  const filters = named
    ? [own, { fieldName: 'processId', operator: 'eq' as const, value: processId }]
    : [own];
  extensions.setSubscriptionFilter({ filterGroup: [{ filters }] });
  return null;
}
