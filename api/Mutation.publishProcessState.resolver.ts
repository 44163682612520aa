/** Publishes a recorded state to its subscribers (APPSYNC_JS, no data source). */
import type { Context } from '@aws-appsync/utils';
import type { ProcessState, PublishProcessStateArguments } from '../core/api-types.ts';

export function request() {
  return {};
}

export function response(ctx: Context<PublishProcessStateArguments>): ProcessState {
  return ctx.args.state;
}
