/**
 * The mutation that publishes a state to its subscribers, signed with the function's role (SigV4,
 * service `appsync`).
 *
 * https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html#aws-iam-authorization
 */
import { createHash, createHmac } from 'node:crypto';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { PROCESS_STATE_FIELDS, type ProcessState } from './api-types.ts';
import { emitMetrics } from './metrics.ts';
import type { Recorder } from './services.ts';

const MUTATION = `mutation PublishProcessState($state: ProcessStateInput!) {
  publishProcessState(state: $state) ${PROCESS_STATE_FIELDS}
}`;
const TIMEOUT_MS = 10_000;

/** Thrown when AppSync rejects a state. The function's invoker retries. */
class PublishFailed extends Error {
  override readonly name = 'PublishFailed';

  constructor(processId: string, response: string) {
    super(`Could not publish the state of process [${processId}]: ${response.slice(0, 500)}`);
  }
}

/**
 * Publishes a state, and counts it. Returns when AppSync has accepted it, which does not prove that
 * a subscriber has received it. Throws {@link PublishFailed}.
 */
export async function publishState(state: ProcessState, by: Recorder): Promise<void> {
  try {
    await send(state);
  } catch (error) {
    emitMetrics({ PublishFailed: 1 });
    throw error;
  }
  if (state.stoppedAt !== null) {
    emitMetrics({ DeliveryDelay: Date.now() - Date.parse(state.stoppedAt) }, { Way: by });
  }
}

async function send(state: ProcessState): Promise<void> {
  const endpoint = new URL(required('GRAPHQL_URL'));
  const body = JSON.stringify({ query: MUTATION, variables: { state } });
  const request = await signer().sign(
    new HttpRequest({
      method: 'POST',
      protocol: endpoint.protocol,
      hostname: endpoint.hostname,
      ...(endpoint.port ? { port: Number(endpoint.port) } : {}),
      path: endpoint.pathname,
      headers: { host: endpoint.host, 'content-type': 'application/json' },
      body,
    }),
  );
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: request.headers,
    body,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await response.text();
  if (!response.ok || (JSON.parse(text) as { errors?: unknown }).errors) {
    throw new PublishFailed(state.processId, `HTTP ${response.status} ${text}`);
  }
}

function signer(): SignatureV4 {
  const sessionToken = process.env.AWS_SESSION_TOKEN;
  return new SignatureV4({
    service: 'appsync',
    region: required('AWS_REGION'),
    credentials: {
      accessKeyId: required('AWS_ACCESS_KEY_ID'),
      secretAccessKey: required('AWS_SECRET_ACCESS_KEY'),
      ...(sessionToken ? { sessionToken } : {}),
    },
    sha256: Sha256,
  });
}

/**
 * SHA-256 with the interface that the signer expects:
 * https://github.com/smithy-lang/smithy-typescript/tree/main/packages/signature-v4
 */
class Sha256 {
  readonly #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', toBytes(secret));
  }

  update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

function toBytes(secret: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof secret === 'string') return Buffer.from(secret);
  return ArrayBuffer.isView(secret)
    ? Buffer.from(secret.buffer, secret.byteOffset, secret.byteLength)
    : Buffer.from(secret);
}

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`Expected the environment variable ${name}, got nothing`);
  return value;
}
