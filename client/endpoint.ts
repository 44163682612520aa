/** URLs of the API. */
export type Endpoint = {
  graphqlUrl: string;
  realtimeUrl: string;
  /** Host of the API, which AppSync expects in the authorization of a WebSocket. */
  host: string;
};

/**
 * Location of the API.
 *
 * @example
 * const options: EndpointOptions = {
 *   endpoint: 'https://shop.example.com/graphql', // a reverse proxy
 *   host: 'abcdefghijklmnopqrstuvwxyz.appsync-api.eu-west-1.amazonaws.com',
 * };
 */
export type EndpointOptions = {
  /** URL of the GraphQL endpoint. */
  endpoint: string;
  /**
   * URL of the real-time endpoint.
   * @default derived from `endpoint`, as AppSync's own clients do
   */
  realtimeEndpoint?: string | undefined;
  /**
   * Host of the API, including the port if it has one. Only needed if `endpoint` is a reverse proxy
   * in front of the API.
   * @default the host of `endpoint`
   */
  host?: string | undefined;
};

/**
 * Validates the GraphQL URL and derives the real-time URL if it is not given. AppSync's host names
 * have a counterpart; for any other host (a custom domain, the local runtime) `/realtime` is
 * appended.
 *
 * Uses a regular expression, because React Native's `URL` has no `host`.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/real-time-websocket-client.html
 */
export function parseEndpoint({ endpoint, realtimeEndpoint, host }: EndpointOptions): Endpoint {
  const ownHost = /^https?:\/\/([^/?#]+)/.exec(endpoint)?.[1];
  if (!ownHost) throw new TypeError(`Expected endpoint to be an http(s) URL, got [${endpoint}].`);
  const counterpart = endpoint.replace('.appsync-api.', '.appsync-realtime-api.');
  const derived = counterpart === endpoint ? `${endpoint}/realtime` : counterpart;
  const realtimeUrl = (realtimeEndpoint ?? derived).replace(/^http/, 'ws');
  return { graphqlUrl: endpoint, realtimeUrl, host: host ?? ownHost };
}
