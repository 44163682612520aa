/**
 * The stock clients of AppSync, as they come from npm: what they can do against AWS, they can do against the local runtime.
 */
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { createAuthLink } from 'aws-appsync-auth-link';
import { createSubscriptionHandshakeLink } from 'aws-appsync-subscription-link';
import { describe, expect, it } from 'vitest';
import { createProcessId } from '../client/index.ts';
import { example, outputs } from './facade.ts';

type Pushed = { onProcessState?: { processId: string; status: string } | null };

function stockClient(): ApolloClient {
  const { endpoint: url, region, apiKey } = outputs;
  const auth = { type: 'API_KEY' as const, apiKey };
  const link = ApolloLink.from([
    createAuthLink({ url, region, auth }),
    createSubscriptionHandshakeLink({ url, region, auth }, new HttpLink({ uri: url })),
  ]);
  return new ApolloClient({ link, cache: new InMemoryCache() });
}

describe('the stock AppSync links of Apollo Client', () => {
  it('start a process, subscribe to it and receive its completion', async () => {
    const client = stockClient();
    const processId = createProcessId();
    const pushed: (string | undefined)[] = [];
    const ended = new Promise<void>((done, fail) => {
      client
        .subscribe<Pushed>({
          query: gql`subscription ($id: ID) { onProcessState(processId: $id) { processId status } }`,
          variables: { id: processId },
        })
        .subscribe({
          next: ({ data }) => {
            pushed.push(data?.onProcessState?.status);
            if (data?.onProcessState?.status === 'SUCCEEDED') done();
          },
          error: fail,
        });
    });
    // The link tells nobody of the acknowledgement, so the start is repeated with new ids' worth of nothing: RUNNING may be missed.
    await client.mutate({
      mutation: gql`mutation ($input: AWSJSON!, $id: ID) { startProcess(definition: "order", input: $input, processId: $id) { status } }`,
      variables: { input: JSON.stringify(example('order')), id: processId },
    });
    await ended;
    expect(pushed.at(-1)).toBe('SUCCEEDED');
    client.stop();
  });
});
