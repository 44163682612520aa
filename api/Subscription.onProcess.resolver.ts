/**
 * Lets a subscriber have what is its own, and of that one process where it names one (APPSYNC_JS, no data source). An enhanced filter
 * takes the place of AppSync's filtering by arguments, so the argument is part of it.
 *
 * https://docs.aws.amazon.com/appsync/latest/devguide/aws-appsync-real-time-enhanced-filtering.html
 */
import { type Context, extensions, util } from '@aws-appsync/utils';

export function request() {
  return { payload: null };
}

export function response(ctx: Context) {
  if (ctx.identity) {
    util.unauthorized();
  }
  const own = { fieldName: 'owner', operator: 'eq' as const, value: 'api-key' };
  const { processId } = ctx.args;
  const filters = processId
    ? [own, { fieldName: 'processId', operator: 'eq' as const, value: processId }]
    : [own];
  extensions.setSubscriptionFilter({ filterGroup: [{ filters }] });
  return null;
}
