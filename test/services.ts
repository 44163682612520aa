/**
 * The services that the functions of api/ and events/ call, over real HTTP, and the environment
 * that points to them.
 */

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { ProcessState } from '../core/api-types.ts';
import type { Bucket } from '../core/objects.ts';
import type { PublishingServices } from '../core/services.ts';
import { createCredentials } from '../local/iam/credentials.ts';
import { serveS3 } from '../local/s3/serve-for-test.ts';
import { machineArn, serveStepFunctions } from '../local/step-functions/serve-for-test.ts';
import { listen } from './kit/listen.ts';

/** https://nodejs.org/docs/latest-v24.x/api/diagnostics_channel.html#http */
const REQUEST_START = 'http.server.request.start';

/** A machine whose executions run for longer than any test. */
export const WAIT = { StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 600, End: true } } };

/** A machine whose executions end at once. */
export const QUICK = { StartAt: 'Pass', States: { Pass: { Type: 'Pass', End: true } } };

/**
 * Starts S3, Step Functions with the machines, and an AppSync that accepts every push. Import a
 * function's module after this call.
 */
export async function openServices(
  definitions: Record<string, unknown>,
  environment: Record<string, string> = {},
) {
  const credentials = createCredentials();
  const s3 = await serveS3({ credentials });
  const states = await serveStepFunctions({ definitions, credentials });
  const pushed: ProcessState[] = [];
  let rejections = 0;
  const appSync = createServer(async (request, response) => {
    const { variables } = JSON.parse(await text(request)) as { variables: { state: ProcessState } };
    if (rejections > 0) {
      rejections--;
      response.writeHead(503).end('not now');
      return;
    }
    pushed.push(variables.state);
    response.end('{"data":{}}');
  });
  const listening = await listen(appSync);
  const { accessKeyId, secretAccessKey, sessionToken } = await s3.s3.config.credentials();
  Object.assign(process.env, {
    BUCKET_NAME: 'kept',
    MACHINE_ARN_PREFIX: machineArn(''),
    GRAPHQL_URL: `${listening.origin}/graphql`,
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_S3: s3.endpoint,
    AWS_ENDPOINT_URL_SFN: states.endpoint,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken ?? '',
    ...environment,
  });

  const asked: string[] = [];
  const onRequest = (message: unknown) => {
    const target = (message as { request: IncomingMessage }).request.headers['x-amz-target'];
    if (target !== undefined) asked.push(String(target).replace('AWSStepFunctions.', ''));
  };
  subscribe(REQUEST_START, onRequest);

  const bucket: Bucket = { client: s3.s3, name: 'kept' };
  const services: PublishingServices = {
    bucket,
    stepFunctions: states.client,
    publish: async (state) => void pushed.push(state),
    now: () => new Date(),
    newId: () => crypto.randomUUID(),
  };
  return {
    s3,
    states,
    bucket,
    /** The same, in the form that the functions use. */
    services,
    /** Every published state, in order. */
    pushed,
    /** Makes AppSync reject the next pushes. */
    rejectPushes(count: number) {
      rejections = count;
    },
    /** Returns how often an operation of Step Functions has been called so far. */
    asked: (operation: string) => asked.filter((each) => each === operation).length,
    async close(): Promise<void> {
      unsubscribe(REQUEST_START, onRequest);
      await listening[Symbol.asyncDispose]();
      await states[Symbol.asyncDispose]();
      await s3[Symbol.asyncDispose]();
    },
  };
}
