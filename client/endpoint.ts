/** Where the API is reached. */
export type Endpoint = {
  graphqlUrl: string;
  realtimeUrl: string;
  /** Host of the GraphQL endpoint, which AppSync wants in the real-time authorization too. */
  host: string;
};

/**
 * Checks the GraphQL address and derives the real-time address where none is given: AppSync's own host name has a
 * counterpart, and for any other (a custom domain, the local runtime) it is the path `/realtime` below.
 *
 * Read with a regular expression because React Native's `URL` has no `host`.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/real-time-websocket-client.html
 */
export function parseEndpoint(graphqlUrl: string, realtimeUrl?: string): Endpoint {
  const host = /^https?:\/\/([^/?#]+)/.exec(graphqlUrl)?.[1];
  if (!host) throw new TypeError(`Expected endpoint to be an http(s) address, got [${graphqlUrl}].`);
  const counterpart = graphqlUrl.replace('.appsync-api.', '.appsync-realtime-api.');
  const derived = counterpart === graphqlUrl ? `${graphqlUrl}/realtime` : counterpart;
  return { graphqlUrl, host, realtimeUrl: (realtimeUrl ?? derived).replace(/^http/, 'ws') };
}
