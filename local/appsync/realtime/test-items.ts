import { ROLE_ARN, serveAppSync, type TestApi } from '../serve-for-test.ts';

const schema = `
  type Item @aws_api_key @aws_iam { id: ID, text: String, needed: String!, json: AWSJSON, color: Color, secret: String @aws_iam }
  enum Color { RED }
  input ItemInput { id: ID, text: String, needed: String, json: AWSJSON, color: Color, secret: String }
  type Query { q: String }
  type Mutation { publish(item: ItemInput): Item @aws_iam @aws_api_key, other(item: ItemInput): Item @aws_iam }
  type Subscription {
    onItem(id: ID, text: String): Item @aws_api_key @aws_iam @aws_subscribe(mutations: ["publish", "other"])
    filtered(id: ID): Item @aws_subscribe(mutations: ["publish"])
    rejected: Item @aws_subscribe(mutations: ["publish"])
    iamOnly: Item @aws_iam @aws_subscribe(mutations: ["publish"])
    slow: Item @aws_subscribe(mutations: ["publish"])
  }
`;
const UTILS = "import { util, extensions } from '@aws-appsync/utils';";
const none = (typeName: string, fieldName: string, code: string) => ({
  typeName,
  fieldName,
  dataSourceName: 'none',
  code: `${UTILS} ${code}`,
});
const give = `export const request = (ctx) => ({ payload: ctx.args.item }); export const response = (ctx) => ctx.result;`;
const resolvers = [
  none('Mutation', 'publish', give),
  none('Mutation', 'other', give),
  none(
    'Subscription',
    'filtered',
    `export const request = () => ({ payload: null });
     export const response = (ctx) => {
       extensions.setSubscriptionFilter({ filterGroup: [{ filters: [{ fieldName: 'text', operator: 'eq', value: 'mine' }] }] });
       return null;
     };`,
  ),
  none(
    'Subscription',
    'rejected',
    `export const request = () => util.error('not you', 'Forbidden', null, { why: 1 }); export const response = () => null;`,
  ),
  { typeName: 'Subscription', fieldName: 'slow', dataSourceName: 'fn' },
];

/**
 * Serves an API whose mutations return their argument, and push it to its subscriptions.
 */
export function startItemApi(more: Partial<Parameters<typeof serveAppSync>[0]> = {}): Promise<TestApi> {
  return serveAppSync({ schema, resolvers, ...more });
}

/** Publishes an item as a role, with these fields selected. */
export function publish(
  api: TestApi,
  item: Record<string, unknown>,
  fields = 'id text',
  mutation = 'publish',
): Promise<unknown> {
  const operation = `mutation ($item: ItemInput) { ${mutation}(item: $item) { ${fields} } }`;
  return api.appSync.executeAsRole(ROLE_ARN, operation, { item });
}

/** The frame with what was pushed to a subscription of `onItem`. */
export function data(id: string, onItem: unknown) {
  return { type: 'data', id, payload: { data: { onItem } } };
}

/** The frame that rejects. */
export function error(id: string, ...errors: unknown[]) {
  return { type: 'error', id, payload: { errors } };
}

/** The frame that grants a subscription. */
export function ack(id: string) {
  return { type: 'start_ack', id };
}
