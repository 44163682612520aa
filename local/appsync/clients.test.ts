import { createRequire } from 'node:module';
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import type * as AuthLink from 'aws-appsync-auth-link';
import type * as SubscriptionLink from 'aws-appsync-subscription-link';
import { tap } from 'rxjs';
import { expect, test } from 'vitest';
import { API_KEY, ROLE_ARN, serveAppSync, type TestApi } from './serve-for-test.ts';

const schema = `
  type Item @aws_api_key @aws_iam { id: ID!, text: String }
  type Query { item(id: ID!): Item @aws_api_key @aws_iam }
  type Mutation { publish(id: ID!, text: String): Item @aws_iam }
  type Subscription { onItem(id: ID): Item @aws_api_key @aws_iam @aws_subscribe(mutations: ["publish"]) }
`;
const code =
  'export const request = (ctx) => ({ payload: ctx.args }); export const response = (ctx) => ctx.result;';
const resolvers = [
  { typeName: 'Query', fieldName: 'item', dataSourceName: 'none', code },
  { typeName: 'Mutation', fieldName: 'publish', dataSourceName: 'none', code },
];

// The ES module build of the links cannot sign in Node ("Sha256 is not a constructor"); the
// CommonJS build can.
const require = createRequire(import.meta.url);
const { createAuthLink }: typeof AuthLink = require('aws-appsync-auth-link');
const { createSubscriptionHandshakeLink }: typeof SubscriptionLink = require('aws-appsync-subscription-link');
type ResultLink = Parameters<typeof createSubscriptionHandshakeLink>[1];

/** A client as AWS documents it; `onAcknowledged` is called for each start_ack. */
function apolloClient(url: string, auth: AuthLink.AuthOptions, onAcknowledged: () => void): ApolloClient {
  const region = 'us-east-1';
  const seeAcknowledgement = new ApolloLink((operation, forward) => {
    operation.setContext({ controlMessages: { '@@controlEvents': true } });
    return forward(operation).pipe(
      tap(({ extensions }) => {
        if (extensions?.controlMsgType === 'CONNECTED') onAcknowledged();
      }),
    );
  });
  // AWS's links are compiled against the CommonJS types of Apollo Client, which TypeScript takes
  // for other classes.
  const http: unknown = new HttpLink({ uri: url });
  const ofAws: unknown[] = [
    createAuthLink({ url, region, auth }),
    createSubscriptionHandshakeLink({ url, region, auth }, http as ResultLink),
  ];
  return new ApolloClient({
    cache: new InMemoryCache(),
    link: ApolloLink.from([seeAcknowledgement, ...(ofAws as ApolloLink[])]),
  });
}

test.each<[mode: string, authOf: (api: TestApi) => AuthLink.AuthOptions]>([
  ['an API key', () => ({ type: 'API_KEY', apiKey: API_KEY })],
  [
    'signatures',
    (api) => ({ type: 'AWS_IAM', credentials: () => api.credentials.issue(ROLE_ARN, 'browser') }),
  ],
])("AWS's links for Apollo Client query, subscribe and receive with %s", async (_, authOf) => {
  await using api = await serveAppSync({ schema, resolvers });
  const acknowledged = Promise.withResolvers<void>();
  const received = Promise.withResolvers<unknown>();
  const client = apolloClient(api.url, authOf(api), acknowledged.resolve);
  const { data } = await client.query({ query: gql`{ item(id: "a") { id text } }` });
  expect(data).toEqual({ item: { __typename: 'Item', id: 'a', text: null } });

  const subscription = client
    .subscribe({
      query: gql`subscription ($id: ID) { onItem(id: $id) { id text } }`,
      variables: { id: 'a' },
      fetchPolicy: 'no-cache',
    })
    .subscribe({ next: (message) => received.resolve(message.data), error: received.reject });
  await acknowledged.promise;
  const operation =
    'mutation ($id: ID!, $text: String) { publish(id: $id, text: $text) { __typename id text } }';
  await api.appSync.executeAsRole(ROLE_ARN, operation, { id: 'b', text: 'for another' });
  await api.appSync.executeAsRole(ROLE_ARN, operation, { id: 'a', text: 'hello' });
  expect(await received.promise).toEqual({ onItem: { __typename: 'Item', id: 'a', text: 'hello' } });
  subscription.unsubscribe();
  client.stop();
});
