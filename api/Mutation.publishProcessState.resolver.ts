/** Pushes a state that has been recorded to its subscribers (APPSYNC_JS, no data source). */
import type { Context } from '@aws-appsync/utils';

export function request() {
  return {};
}

export function response(ctx: Context) {
  return ctx.args.state;
}
