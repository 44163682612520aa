import { createServer } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { listen } from '../../test/kit/listen.ts';
import { createManualClock } from '../../test/kit/manual-clock.ts';
import { createRecordingLogger } from '../../test/kit/recording-logger.ts';
import { temporaryFolder } from '../../test/kit/temporary-folder.ts';
import { KEEP_ALIVE_MS } from '../common/http-server.ts';
import { createCredentials } from '../iam/credentials.ts';
import { createSignatureVerifier, NodeSha256 } from '../iam/sigv4.ts';
import { createSqs } from './sqs.ts';

const REGION = 'us-east-1';
const ROLE = 'arn:aws:iam::000000000000:role/Operator';

/**
 * The ARN of a queue: `dead-letters`, or `other` with a visibility of 5 s and a retention of 60 s.
 */
export const arnOf = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;

/** SQS as {@link serveSqs} serves it. */
export type ServedSqs = Awaited<ReturnType<typeof serveSqs>>;

/** Serves two empty queues on a manual clock. `await using` ends it and removes its database. */
export async function serveSqs() {
  const credentials = createCredentials();
  const session = credentials.issue(ROLE, 'desk');
  const server = createServer(
    { keepAliveTimeout: KEEP_ALIVE_MS },
    (request, response) => void served.sqs.handleRequest(request, response),
  );
  const folder = temporaryFolder('sqs');
  const listening = await listen(server);
  const clock = createManualClock();
  const logger = createRecordingLogger();

  const urlOf = (name: string) => `${listening.origin}/sqs/000000000000/${name}`;
  const open = () => {
    const database = new DatabaseSync(join(folder.path, 'queues.sqlite'));
    const sqs = createSqs({
      queues: [
        { name: 'dead-letters', arn: arnOf('dead-letters'), url: urlOf('dead-letters') },
        {
          name: 'other',
          arn: arnOf('other'),
          url: urlOf('other'),
          visibilityTimeoutSeconds: 5,
          retentionSeconds: 60,
        },
      ],
      database,
      verifier: createSignatureVerifier(credentials, { region: REGION }),
      isAllowed: (role, action, resource) => role === ROLE && served.allowed(action, resource),
      logger,
      clock,
    });
    return { database, sqs };
  };

  /** Sends a request as an SDK does, signed. */
  async function request(operation: string, body: string, init: { signal?: AbortSignal; key?: string } = {}) {
    const { host, hostname, port } = new URL(listening.origin);
    const signer = new SignatureV4({
      credentials: { ...session, ...(init.key && { secretAccessKey: init.key }) },
      region: REGION,
      service: 'sqs',
      sha256: NodeSha256,
    });
    const target = operation && { 'x-amz-target': operation };
    const signed = await signer.sign(
      new HttpRequest({
        method: 'POST',
        protocol: 'http:',
        hostname,
        port: Number(port),
        path: '/sqs/',
        headers: { host, 'content-type': 'application/x-amz-json-1.0', ...(target || {}) },
        body,
      }),
    );
    const { host: _, ...headers } = signed.headers;
    return fetch(`${listening.origin}/sqs/`, {
      method: 'POST',
      headers,
      body,
      ...(init.signal && { signal: init.signal }),
    });
  }

  async function call(operation: string, parameters: object, queue = 'dead-letters') {
    const body = JSON.stringify({ QueueUrl: urlOf(queue), ...parameters });
    return (await request(`AmazonSQS.${operation}`, body)).json();
  }

  const receive = async (parameters: object = {}, queue?: string) =>
    (await call('ReceiveMessage', { MaxNumberOfMessages: 10, ...parameters }, queue)).Messages ?? [];

  const served = {
    clock,
    ...open(),
    server,
    /** What the role of the requests may do; a test may set it. */
    allowed: (_action: string, _resource: string) => true,
    /** Lines for internal errors. */
    logged: logger.lines,
    urlOf,
    request,
    /** The response to a request for the queue. */
    call,
    /** Up to ten messages of the queue. */
    receive,
    bodies: async (parameters: object = {}, queue?: string) =>
      (await receive(parameters, queue)).map(({ Body }: { Body: string }) => Body),
    attributesOf: async (queue?: string) =>
      (await call('GetQueueAttributes', { AttributeNames: ['All'] }, queue)).Attributes,
    /** Restarts SQS on the same file. */
    reopen() {
      served.database.close();
      Object.assign(served, open());
    },
    async [Symbol.asyncDispose]() {
      await listening[Symbol.asyncDispose]();
      if (served.database.isOpen) served.database.close();
      folder[Symbol.dispose]();
    },
  };
  return served;
}
