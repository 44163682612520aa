/** Where the API is reached. */
export type Endpoint = {
  graphqlUrl: string;
  realtimeUrl: string;
  /** The API's own host, which AppSync expects in the authorization of a WebSocket. */
  host: string;
};

/**
 * Where the API is reached.
 *
 * @example
 * const options: EndpointOptions = {
 *   endpoint: 'https://shop.example.com/graphql', // a reverse proxy
 *   host: 'abcdefghijklmnopqrstuvwxyz.appsync-api.eu-west-1.amazonaws.com',
 * };
 */
export type EndpointOptions = {
  /** GraphQL address. */
  endpoint: string;
  /**
   * Address of the real-time endpoint.
   * @default derived from `endpoint`, as AppSync's own clients do
   */
  realtimeEndpoint?: string | undefined;
  /**
   * The API's own host, with its port if it has one, where `endpoint` names a reverse proxy in
   * front of it.
   * @default the host of `endpoint`
   */
  host?: string | undefined;
};

/**
 * Checks the GraphQL address and derives the real-time address where none is given: AppSync's own
 * host name has a counterpart, and for any other (a custom domain, the local runtime) it is the
 * path `/realtime` below.
 *
 * Read with a regular expression because React Native's `URL` has no `host`.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/real-time-websocket-client.html
 */
export function parseEndpoint({ endpoint, realtimeEndpoint, host }: EndpointOptions): Endpoint {
  const ownHost = /^https?:\/\/([^/?#]+)/.exec(endpoint)?.[1];
  if (!ownHost) throw new TypeError(`Expected endpoint to be an http(s) address, got [${endpoint}].`);
  const counterpart = endpoint.replace('.appsync-api.', '.appsync-realtime-api.');
  const derived = counterpart === endpoint ? `${endpoint}/realtime` : counterpart;
  const realtimeUrl = (realtimeEndpoint ?? derived).replace(/^http/, 'ws');
  return { graphqlUrl: endpoint, realtimeUrl, host: host ?? ownHost };
}
