import type { Bucket } from '../core/objects.ts';
import { serveS3 } from '../local/s3/serve-for-test.ts';

/** Serves a bucket over HTTP, and sets the environment of a Lambda. `close` undoes both. */
export async function openBucket(): Promise<{ bucket: Bucket; close(): Promise<void> }> {
  const server = await serveS3();
  const credentials = await server.s3.config.credentials();
  const environment = {
    BUCKET_NAME: 'kept',
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_S3: server.endpoint,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken ?? '',
  };
  Object.assign(process.env, environment);
  return {
    bucket: { client: server.s3, name: 'kept' },
    close: async () => {
      for (const name of Object.keys(environment)) delete process.env[name];
      await server[Symbol.asyncDispose]();
    },
  };
}
