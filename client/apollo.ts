import { ApolloLink, HttpLink, Observable } from '@apollo/client';
import { SetContextLink } from '@apollo/client/link/context';
import { OperationTypeNode, print } from 'graphql';
import { type Clock, systemClock } from './clock.ts';
import { type CredentialOptions, createCredentials } from './credentials.ts';
import { DISPOSE, type DisposableIfKnown } from './dispose.ts';
import { type EndpointOptions, parseEndpoint } from './endpoint.ts';
import { RequestError } from './errors.ts';
import { type Connection, Realtime } from './realtime.ts';

/**
 * Options of {@link createProcessLink}: an endpoint and exactly one of `apiKey` and `token`.
 *
 * @example
 * const options: ProcessLinkOptions = { endpoint, apiKey, onResubscribe: () => client.refetchQueries({ include: 'active' }) };
 */
export type ProcessLinkOptions = CredentialOptions &
  EndpointOptions & {
    /**
     * Called when a subscription is active again after a gap. AppSync does not send what was
     * missed: fetch it here.
     */
    onResubscribe?: (() => void) | undefined;
    /** @default globalThis.fetch */
    fetch?: typeof fetch | undefined;
    /**
     * Without one, subscriptions end with an error. Queries and mutations do not need it.
     * @default globalThis.WebSocket
     */
    webSocket?: typeof WebSocket | undefined;
    /**
     * For tests.
     * @default the platform's timers
     */
    clock?: Clock | undefined;
  };

/**
 * A link for Apollo Client, with its connection.
 *
 * @example
 * const { link, connection }: ProcessLink = createProcessLink({ endpoint, apiKey });
 */
export type ProcessLink = DisposableIfKnown & {
  link: ApolloLink;
  connection: Connection;
  /** Reconnects immediately; see the client's method of the same name. */
  reconnect(): void;
  /** Closes the socket and removes every timer and listener. */
  dispose(): void;
};

/**
 * Creates Apollo's link chain for the facade: queries and mutations over HTTP with
 * `aws-appsync-auth-link`, and subscriptions over one WebSocket that reconnects by itself. A
 * subscription only ends with {@link RequestError} if the server rejects it, never because the
 * connection was lost.
 *
 * @example
 * const { link } = createProcessLink({ endpoint, apiKey });
 * const client = new ApolloClient({ link, cache: new InMemoryCache() });
 */
export function createProcessLink(options: ProcessLinkOptions): ProcessLink {
  const { fetch, onResubscribe, clock = systemClock } = options;
  const { webSocket = globalThis.WebSocket } = options;
  const endpoint = parseEndpoint(options);
  const credentials = createCredentials(options);
  const realtime = new Realtime({ endpoint, credentials, webSocket, clock });

  const subscriptionLink = new ApolloLink(
    ({ query, variables }) =>
      new Observable((observer) => {
        if (!webSocket) {
          return observer.error(
            new TypeError('Expected the option webSocket: the platform has no WebSocket.'),
          );
        }
        let acknowledged = false;
        return realtime.subscribe(
          { query: print(query), variables },
          {
            onAck() {
              if (acknowledged) onResubscribe?.();
              acknowledged = true;
            },
            onData: (payload) => observer.next(payload as ApolloLink.Result),
            onDown(rejection) {
              if (rejection) observer.error(rejectionError(rejection));
            },
          },
        );
      }),
  );

  const httpLink = ApolloLink.from([
    new SetContextLink(async ({ headers }) => ({
      headers: { ...headers, ...(await credentials.headers()) },
    })),
    new HttpLink({ uri: endpoint.graphqlUrl, ...(fetch ? { fetch } : {}) }),
  ]);

  const dispose = () => realtime.dispose();
  return {
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      subscriptionLink,
      httpLink,
    ),
    connection: realtime.connection,
    reconnect: () => realtime.reconnect(),
    dispose,
    [DISPOSE]: dispose,
  };
}

/** AppSync sends one error as an object and several as a list. */
function rejectionError(errors: unknown): RequestError {
  const [error] = [errors].flat() as { errorType?: string; message?: string }[];
  const message = error?.message ?? 'The subscription was rejected.';
  return new RequestError(message, error?.errorType ?? 'GraphQLError');
}
