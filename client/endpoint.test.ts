import { describe, expect, it } from 'vitest';
import { parseEndpoint } from './endpoint.ts';

describe('the real-time address', () => {
  it.each([
    [
      'https://abcdefghijklmnopqrstuvwxyz.appsync-api.eu-west-1.amazonaws.com/graphql',
      'wss://abcdefghijklmnopqrstuvwxyz.appsync-realtime-api.eu-west-1.amazonaws.com/graphql',
    ],
    ['https://api.example.com/graphql', 'wss://api.example.com/graphql/realtime'],
    ['http://127.0.0.1:4000/graphql', 'ws://127.0.0.1:4000/graphql/realtime'],
  ])('of %s is %s', (graphqlUrl, realtimeUrl) => {
    expect(parseEndpoint(graphqlUrl).realtimeUrl).toBe(realtimeUrl);
  });

  it('is the given one where one is given, and names the GraphQL host all the same', () => {
    expect(parseEndpoint('https://api.example.com/graphql', 'https://rt.example.com/x')).toEqual({
      graphqlUrl: 'https://api.example.com/graphql',
      realtimeUrl: 'wss://rt.example.com/x',
      host: 'api.example.com',
    });
  });

  it.each(['', 'localhost:4000', 'ftp://example.com', 'https://'])('is refused for [%s]', (graphqlUrl) => {
    expect(() => parseEndpoint(graphqlUrl)).toThrow('Expected endpoint to be an http(s) address');
  });
});
