/** What a web page loads for the client, and for AWS's own way to do the same. */
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { Row } from './results.ts';

/**
 * Apollo Client with AppSync's links: subscriptions, but no reconnect, no fetch after it, no
 * polling.
 */
const STOCK = `
  export { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
  export { createAuthLink } from 'aws-appsync-auth-link';
  export { createSubscriptionHandshakeLink } from 'aws-appsync-subscription-link';
`;

/** Bundled for browsers, minified and compressed. */
export async function measureClientSize(): Promise<Row[]> {
  const own = await bundled(`export * from './client/index.ts'`);
  const stock = await bundled(STOCK);
  const gzipped = (code: Uint8Array) => gzipSync(code, { level: 9 }).length;
  const kilobytes = (bytes: number) => `${(bytes / 1_000).toFixed(1)} kB`;
  const both = (code: Uint8Array) =>
    `${kilobytes(gzipped(code))} / ${kilobytes(brotliCompressSync(code).length)}`;
  return [
    { what: 'the client in a web page, minified, with gzip / Brotli', value: both(own) },
    { what: 'Apollo Client with the links of AppSync, the same way', value: both(stock) },
    { what: 'the client is smaller', value: `${(gzipped(stock) / gzipped(own)).toFixed(0)} times` },
  ];
}

async function bundled(contents: string): Promise<Uint8Array> {
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
  return outputFiles[0]?.contents ?? new Uint8Array();
}
