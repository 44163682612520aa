import { createServer } from 'node:http';
import { InvokeCommand, InvokeWithResponseStreamCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ListeningServer, listen } from '../../test/kit/listen.ts';
import { createCredentials } from '../iam/credentials.ts';
import { createSignatureVerifier } from '../iam/sigv4.ts';
import type { LambdaFunction } from './function.ts';
import { createInvokeHandler } from './Invoke.ts';

const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:echo';
const FUNCTIONS: LambdaFunction[] = [
  {
    name: 'echo',
    arn: ARN,
    codeDir: '',
    handler: 'index.handler',
    environment: {},
    timeoutSeconds: 3,
    memoryMb: 128,
    roleArn: '',
  },
];
const credentials = createCredentials();
const handle = createInvokeHandler({
  lambda: {
    find: (name) => FUNCTIONS.find((fn) => fn.name === name || fn.arn === name),
    invokeLogged: async (_, payload, requestId, onLine) => {
      onLine(`START RequestId: ${requestId} Version: $LATEST`);
      for (const line of (payload as { lines?: string[] } | undefined)?.lines ?? []) onLine(line);
      return (payload as { fail?: boolean } | undefined)?.fail
        ? { ok: false, error: { errorType: 'Broken', errorMessage: 'on purpose' } }
        : { ok: true, payload };
    },
  },
  verifier: createSignatureVerifier(credentials, { region: 'us-east-1' }),
  isAllowed: (roleArn) => roleArn.endsWith('Operator'),
});
const server = createServer(
  (request, response) => void handle(request, response, request.url?.slice('/2015-03-31'.length) ?? ''),
);
let listening: ListeningServer;
beforeAll(async () => {
  listening = await listen(server);
});
afterAll(() => listening[Symbol.asyncDispose]());

function clientOf(role: string): LambdaClient {
  return new LambdaClient({
    endpoint: listening.origin,
    region: 'us-east-1',
    credentials: credentials.issue(`arn:aws:iam::000000000000:role/${role}`, 'test'),
    maxAttempts: 1,
  });
}

async function invoke(
  payload: unknown,
  settings: Partial<ConstructorParameters<typeof InvokeCommand>[0]> = {},
  role = 'Operator',
) {
  return clientOf(role).send(
    new InvokeCommand({ FunctionName: 'echo', Payload: Buffer.from(JSON.stringify(payload)), ...settings }),
  );
}

describe('Invoke', () => {
  it('returns the result of the function, by name or by ARN', async () => {
    for (const FunctionName of ['echo', ARN]) {
      const { StatusCode, FunctionError, Payload } = await invoke({ a: 'é' }, { FunctionName });
      expect({ StatusCode, FunctionError }).toEqual({ StatusCode: 200, FunctionError: undefined });
      expect(JSON.parse(Payload?.transformToString() ?? '')).toEqual({ a: 'é' });
    }
  });

  it('gives the last 4 KB of the log where LogType is Tail, and none otherwise', async () => {
    const tail = async (lines: string[], LogType?: 'Tail' | 'None') => {
      const { LogResult, $metadata } = await invoke({ lines }, LogType ? { LogType } : {});
      return { log: LogResult && Buffer.from(LogResult, 'base64'), requestId: $metadata.requestId };
    };
    const { log, requestId } = await tail(['hello', 'é'], 'Tail');
    expect(log?.toString()).toBe(`START RequestId: ${requestId} Version: $LATEST\nhello\né\n`);
    const long = await tail(['x'.repeat(5_000), 'é'.repeat(2_500)], 'Tail');
    expect(long.log).toHaveLength(4_096);
    expect(long.log?.toString().endsWith('éé\n')).toBe(true);
    expect((await tail(['hello'])).log).toBeUndefined();
    expect((await tail(['hello'], 'None')).log).toBeUndefined();
  });

  it('rejects a response stream, by name', async () => {
    const command = new InvokeWithResponseStreamCommand({ FunctionName: 'echo' });
    await expect(clientOf('Operator').send(command)).rejects.toMatchObject({
      name: 'UnsupportedOperation',
      $metadata: { httpStatusCode: 501 },
    });
  });

  it('returns 200 with FunctionError for a function that failed', async () => {
    const { StatusCode, FunctionError, Payload } = await invoke({ fail: true });
    expect({ StatusCode, FunctionError }).toEqual({ StatusCode: 200, FunctionError: 'Unhandled' });
    expect(JSON.parse(Payload?.transformToString() ?? '')).toEqual({
      errorType: 'Broken',
      errorMessage: 'on purpose',
    });
  });

  it('rejects a name that is not percent-encoded UTF-8', async () => {
    const response = await fetch(`${listening.origin}/2015-03-31/functions/%zz/invocations`, {
      method: 'POST',
    });
    expect(response.status).toBe(400);
    expect(response.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
  });

  it('rejects an unknown function, a role without the right, no JSON, and what it does not have', async () => {
    await expect(invoke({}, { FunctionName: 'other' })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    await expect(invoke({}, {}, 'Nobody')).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(invoke({}, { Payload: Buffer.from('{') })).rejects.toMatchObject({
      name: 'InvalidRequestContentException',
    });
    const deep = Buffer.from('['.repeat(30_000) + ']'.repeat(30_000));
    await expect(invoke({}, { Payload: deep })).rejects.toMatchObject({
      name: 'InvalidRequestContentException',
      message: expect.stringContaining('nesting depth'),
    });
    await expect(invoke({}, { InvocationType: 'Event' })).rejects.toMatchObject({
      name: 'UnsupportedOperation',
    });
  });
});
