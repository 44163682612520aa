/**
 * Notifies subscribers that a step has written a document (APPSYNC_JS, no data source).
 *
 * The rule on S3's events only has the key, which core/keys.ts defines. A step's function may write
 * other keys below its own; these are not documents.
 */
import { type Context, util } from '@aws-appsync/utils';
import type { ProcessStep, PublishProcessStepArguments } from '../core/api-types.ts';

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const TIME = '[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?Z';
const DOCUMENT = `^processes/[^/]+/${UUID}/[A-Za-z][A-Za-z0-9-]{0,29}/steps/[A-Za-z][A-Za-z0-9_-]{0,79}(/[0-9]{1,9})*(/${TIME})?\\.json$`;

type KeySegments = [string, string, string, string, string, string, ...string[]];

export function request() {
  return {};
}

export function response(ctx: Context<PublishProcessStepArguments>): ProcessStep {
  const { key, bytes, writtenAt } = ctx.args;
  if (!util.matches(DOCUMENT, key)) {
    util.error('Expected the key of a step’s document', 'InvalidInput');
  }
  const [path] = key.split('.json') as [string];
  const [, owner, processId, , , step, ...parts] = path.split('/') as KeySegments;
  const part = parts.length > 0 ? parts.join('/') : null;
  return { processId, owner: util.urlDecode(owner), step, part, bytes, writtenAt };
}
