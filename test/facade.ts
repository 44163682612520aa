import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { inject } from 'vitest';
import { createProcessClient, type ProcessClient } from '../client/index.ts';
import type { Bucket } from '../core/objects.ts';

/** The outputs of the facade under test. */
export const outputs = inject('outputs');

/** The bucket with an operator's permissions, for what callers cannot do. */
export function openFacadeBucket(): Bucket {
  Object.assign(process.env, inject('operatorEnvironment'));
  return { client: new S3Client({}), name: outputs.bucket };
}

/** An error item of AppSync. */
export type GraphQlError = {
  message: string;
  errorType?: string | null;
  errorInfo?: Record<string, unknown> | null;
  path?: unknown;
};

/** The body of a GraphQL response. */
export type GraphQlBody = {
  data?: Record<string, Record<string, unknown> | null> | null;
  errors?: GraphQlError[];
};

/** Creates a client of the facade under test. */
export function newClient(options: { via?: 'subscription' | 'polling' } = {}): ProcessClient {
  const { endpoint, realtimeEndpoint, apiKey } = outputs;
  return createProcessClient({ endpoint, realtimeEndpoint, apiKey, ...options });
}

/** Sends a request as `curl` does. */
export async function post(
  query: string,
  variables: Record<string, unknown> = {},
  headers: Record<string, string> = { 'x-api-key': outputs.apiKey },
): Promise<{ status: number; body: GraphQlBody }> {
  const response = await fetch(outputs.endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, body: (await response.json()) as GraphQlBody };
}

/** Returns a sample of the README, as a new object that may be changed. */
export function example(name: 'order' | 'order-declined'): Record<string, unknown> & { items: unknown[] } {
  return JSON.parse(readFileSync(join(import.meta.dirname, `../examples/${name}.json`), 'utf8'));
}
