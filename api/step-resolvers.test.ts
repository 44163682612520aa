import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolverCode } from '../infra/bundle.ts';
import { compileResolverCode } from '../local/appsync/resolver/code.ts';
import { type Effects, noEffects } from '../local/appsync/resolver/effects.ts';

const ID = '0190163d-8694-739b-aea5-966c26f8ad90';

/**
 * What the response handler of a resolver without a data source gives for the arguments. Throws
 * what it raises.
 */
function respond(file: string, args: Record<string, unknown>): { value: unknown; effects: Effects } {
  const run = compileResolverCode(resolverCode(join(import.meta.dirname, `${file}.resolver.ts`)), {
    typeName: file.replace(/\..*/, ''),
    fieldName: 'field',
  });
  const effects = noEffects();
  const context = {
    ...{ arguments: args, args, identity: null, source: null, prev: null, stash: {}, result: null, env: {} },
    request: { headers: {}, domainName: null },
    info: {
      ...{ fieldName: 'field', parentTypeName: 'Type', variables: {} },
      ...{ selectionSetList: [], selectionSetGraphQL: '' },
    },
  };
  return { value: run('response', context, 'API_KEY', effects).value, effects };
}

describe('the push of a step', () => {
  const push = (path: string, folder = `processes/oidc%7Csomebody/${ID}/order`) =>
    respond('Mutation.publishProcessStep', { key: `${folder}/steps/${path}`, bytes: 7, writtenAt: 'now' })
      .value;

  it.each([
    ['PriceOrder.json', 'PriceOrder', null],
    ['PackItem/3.json', 'PackItem', '3'],
    ['PackItem/2/0.json', 'PackItem', '2/0'],
    ['Poll/2026-11-30T09:15:00Z.json', 'Poll', '2026-11-30T09:15:00Z'],
    ['Poll/7/2026-11-30T09:15:00.123Z.json', 'Poll', '7/2026-11-30T09:15:00.123Z'],
  ])('%s names the step and its part', (path, step, part) => {
    const common = { processId: ID, owner: 'oidc|somebody', bytes: 7, writtenAt: 'now' };
    expect(push(path)).toEqual({ ...common, step, part });
  });

  it.each([
    'PackItem/x.json',
    'PackItem/3/.json',
    'PackItem/3.json.json',
    'Poll/2026-11-30T09:15:00Z/3.json',
    'Poll/2026-11-30.json',
    'Pack Item.json',
    '3.json',
    'PackItem/3',
  ])('%s is rejected: no wrapper writes such a key', (path) => {
    expect(() => push(path)).toThrow('Expected the key of a step’s document');
  });

  it.each([
    `processes/a/b/${ID}/order`,
    `processes/a/${ID.toUpperCase()}/order`,
    `other/a/${ID}/order`,
    'processes/a/x/order',
    `processes/a/${ID}`,
    `processes/a/${ID}/1st`,
  ])('in the folder %s is rejected', (folder) => {
    expect(() => push('PriceOrder.json', folder)).toThrow('Expected the key');
  });
});

describe('a subscription', () => {
  const filters = (args: Record<string, unknown>) =>
    respond('Subscription.onProcess', args).effects.subscriptionFilter?.filterGroup;
  const own = { fieldName: 'owner', operator: 'eq', value: 'api-key' };

  it('is to one process, or without an id to all of the owner', () => {
    const one = { fieldName: 'processId', operator: 'eq', value: ID };
    expect(filters({ processId: ID })).toEqual([{ filters: [own, one] }]);
    expect(filters({})).toEqual([{ filters: [own] }]);
    expect(filters({ processId: null })).toEqual([{ filters: [own] }]);
  });

  it.each(['', ' ', '*', ID.toUpperCase(), `${ID} `, ID.slice(1), 'undefined'])(
    'to [%s] is rejected instead of being one to nothing or to everything',
    (processId) => {
      expect(() => filters({ processId })).toThrow('Expected processId to be a lowercase UUID');
    },
  );
});
