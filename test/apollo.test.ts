/**
 * AppSync's own clients from npm work against the local runtime as they do against AWS.
 */
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { createAuthLink } from 'aws-appsync-auth-link';
import { createSubscriptionHandshakeLink } from 'aws-appsync-subscription-link';
import { tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createProcessId } from '../client/index.ts';
import { example, outputs } from './facade.ts';

type Pushed = { onProcessState?: { processId: string; status: string } | null };

/** Calls `onAcknowledged` for each start_ack, which the link forwards on request. */
function stockClient(onAcknowledged: () => void): ApolloClient {
  const { endpoint: url, region, apiKey } = outputs;
  const auth = { type: 'API_KEY' as const, apiKey };
  // The packages use the types of Apollo's CommonJS build, which differ for TypeScript.
  type Link = Parameters<typeof createSubscriptionHandshakeLink>[1];
  const links = [
    createAuthLink({ url, region, auth }),
    createSubscriptionHandshakeLink({ url, region, auth }, new HttpLink({ uri: url }) as unknown as Link),
  ];
  const seeAcknowledgement = new ApolloLink((operation, forward) => {
    operation.setContext({ controlMessages: { '@@controlEvents': true } });
    return forward(operation).pipe(
      tap(({ extensions }) => {
        if (extensions?.controlMsgType === 'CONNECTED') onAcknowledged();
      }),
    );
  });
  const link = ApolloLink.from([seeAcknowledgement, ...(links as unknown as ApolloLink[])]);
  return new ApolloClient({ link, cache: new InMemoryCache() });
}

describe("AppSync's own links for Apollo Client", () => {
  it('start a process, subscribe to it and receive its completion', async () => {
    const acknowledged = Promise.withResolvers<void>();
    const client = stockClient(acknowledged.resolve);
    const processId = createProcessId();
    const pushed: (string | undefined)[] = [];
    const ended = new Promise<void>((done, fail) => {
      client
        .subscribe<Pushed>({
          query: gql`subscription ($id: ID) { onProcessState(processId: $id) { processId status } }`,
          variables: { id: processId },
          fetchPolicy: 'no-cache',
        })
        .subscribe({
          next: ({ data }) => {
            pushed.push(data?.onProcessState?.status);
            if (data?.onProcessState?.status === 'SUCCEEDED') done();
          },
          error: fail,
        });
    });
    await acknowledged.promise;
    await client.mutate({
      mutation: gql`mutation ($input: AWSJSON!, $id: ID) { startProcess(definition: "order", input: $input, processId: $id) { status } }`,
      variables: { input: JSON.stringify(example('order')), id: processId },
    });
    await ended;
    expect(pushed.at(-1)).toBe('SUCCEEDED');
    client.stop();
  });
});
