/** What a web page loads for the client, and for AWS's own way to do the same. */
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { Row } from './results.ts';

/** Apollo Client with AppSync's links: subscriptions, but no reconnect, no fetch after it, no polling. */
const STOCK = `
  export { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
  export { createAuthLink } from 'aws-appsync-auth-link';
  export { createSubscriptionHandshakeLink } from 'aws-appsync-subscription-link';
`;

/** Bundled for browsers, minified and gzipped. */
export async function measureClientSize(): Promise<Row[]> {
  const own = await gzippedBytes(`export * from './client/index.ts'`);
  const stock = await gzippedBytes(STOCK);
  const kilobytes = (bytes: number) => `${(bytes / 1_000).toFixed(1)} kB`;
  return [
    { what: 'the client in a web page, minified and gzipped', value: kilobytes(own) },
    { what: 'Apollo Client with the links of AppSync, the same way', value: kilobytes(stock) },
    { what: 'the client is smaller', value: `${(stock / own).toFixed(0)} times` },
  ];
}

async function gzippedBytes(contents: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: `${import.meta.dirname}/..` },
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
    write: false,
  });
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length;
}
