/**
 * Pushes that a step's document was written to its subscribers (APPSYNC_JS, no data source). The rule on S3's events knows the key
 * alone; data/keys.ts says how it is built.
 */
import { type Context, util } from '@aws-appsync/utils';

export function request() {
  return {};
}

export function response(ctx: Context) {
  const { key, bytes, writtenAt } = ctx.args;
  const [folder, owner, processId, steps, ...file] = key.split('/');
  if (folder !== 'processes' || steps !== 'steps' || file.length === 0) {
    util.error('Expected the key of a step’s document', 'InvalidInput');
  }
  return { processId, owner: util.urlDecode(owner), step: file[0].split('.json')[0], bytes, writtenAt };
}
