/**
 * The AppSync side (APPSYNC_JS) of every field that a Lambda resolves. Invokes the Lambda, and
 * raises the errors that it returns, so that `errorType` and `errorInfo` reach the caller. An error
 * thrown by the Lambda would lose them.
 */
import { type Context, util } from '@aws-appsync/utils';

export function request(ctx: Context) {
  const selection = ctx.info.selectionSetList;
  return { operation: 'Invoke', payload: { arguments: ctx.args, identity: ctx.identity, selection } };
}

export function response(ctx: Context) {
  if (ctx.error) {
    const known = ctx.error.type === 'InternalError';
    util.error(known ? ctx.error.message : 'Internal error. Retry', 'InternalError');
  }
  const { error, value } = ctx.result;
  if (error) {
    util.error(error.message, error.type, null, error.info);
  }
  return value;
}
