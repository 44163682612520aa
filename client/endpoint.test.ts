import { describe, expect, it } from 'vitest';
import { parseEndpoint } from './endpoint.ts';

describe('the real-time URL', () => {
  it.each([
    [
      'https://abcdefghijklmnopqrstuvwxyz.appsync-api.eu-west-1.amazonaws.com/graphql',
      'wss://abcdefghijklmnopqrstuvwxyz.appsync-realtime-api.eu-west-1.amazonaws.com/graphql',
    ],
    ['https://api.example.com/graphql', 'wss://api.example.com/graphql/realtime'],
    ['http://127.0.0.1:4000/graphql', 'ws://127.0.0.1:4000/graphql/realtime'],
  ])('of %s is %s', (graphqlUrl, realtimeUrl) => {
    expect(parseEndpoint({ endpoint: graphqlUrl }).realtimeUrl).toBe(realtimeUrl);
  });

  it('can be given, and does not change the GraphQL host', () => {
    const endpoint = 'https://api.example.com/graphql';
    expect(parseEndpoint({ endpoint, realtimeEndpoint: 'https://rt.example.com/x' })).toEqual({
      graphqlUrl: endpoint,
      realtimeUrl: 'wss://rt.example.com/x',
      host: 'api.example.com',
    });
  });

  it('of a reverse proxy is below it, with the host of the API behind it', () => {
    const host = 'abcdefghijklmnopqrstuvwxyz.appsync-api.eu-west-1.amazonaws.com';
    expect(parseEndpoint({ endpoint: 'https://shop.example.com/graphql', host })).toMatchObject({
      realtimeUrl: 'wss://shop.example.com/graphql/realtime',
      host,
    });
  });

  it.each(['', 'localhost:4000', 'ftp://example.com', 'https://'])('is rejected for [%s]', (endpoint) => {
    expect(() => parseEndpoint({ endpoint })).toThrow('Expected endpoint to be an http(s) URL');
  });
});
