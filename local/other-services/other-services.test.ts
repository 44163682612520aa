import { createServer } from 'node:http';
import { CloudFormationClient, ListStacksCommand } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { LambdaClient, ListLayersCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen } from '../../test/kit/listen.ts';
import { rejectOtherService } from './other-services.ts';

const server = createServer((request, response) => void rejectOtherService(request, response));
let listening: Awaited<ReturnType<typeof listen>>;
beforeAll(async () => {
  listening = await listen(server);
});
afterAll(() => listening[Symbol.asyncDispose]());

const config = () => ({
  endpoint: `${listening.origin}/aws`,
  region: 'us-east-1',
  credentials: { accessKeyId: 'a', secretAccessKey: 's' },
});

/** Sends a request as an SDK that does not name the service, with a signature for the name. */
async function post(signingName: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${listening.origin}/aws/`, {
    method: 'POST',
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/${signingName}/aws4_request, SignedHeaders=host, Signature=0`,
      ...headers,
    },
    body: 'x',
  });
  return { response, body: Buffer.from(await response.arrayBuffer()) };
}

describe('a request to a service that is not served', () => {
  it.each([
    [
      'in JSON',
      () => new DynamoDBClient(config()).send(new GetItemCommand({ TableName: 't', Key: {} })),
      'DynamoDB',
      'dynamodb',
    ],
    [
      'in XML',
      () => new CloudFormationClient(config()).send(new ListStacksCommand()),
      'CloudFormation',
      'cloudformation',
    ],
    ['by REST', () => new LambdaClient(config()).send(new ListLayersCommand()), 'Lambda', 'lambda'],
  ])('%s fails once, with an error that names the remedy', async (_, send, id, key) => {
    await expect(send()).rejects.toMatchObject({
      name: 'NotServedLocally',
      message: `${id} is not served by the local runtime. Point it at a stand-in: endpoints: { ${key}: 'http://127.0.0.1:8000' } in process-facade.local.ts`,
      $metadata: { httpStatusCode: 501, attempts: 1 },
    });
  });

  it.each([
    ['monitoring', /^\{.*"CloudWatch is not served .*\{ cloudwatch: /],
    ['secretsmanager', /"Secrets Manager is not served .*\{ secrets_manager: /],
    ['new-service', /"The service is not served .*\{ <service>: /],
  ])('is known by the scope of its signature too: %s', async (name, message) => {
    expect(String((await post(name)).body)).toMatch(message);
  });

  it.each([
    ['route53', {}, /<ErrorResponse><Error>.*<Code>NotServedLocally<\/Code>.*Route 53/],
    ['ec2', { 'content-type': 'application/x-www-form-urlencoded' }, /<Response><Errors><Error>.*EC2/],
  ])('gets XML of the form that %s has', async (name, headers, body) => {
    expect(String((await post(name, headers)).body)).toMatch(body);
  });

  it('gets CBOR if it is in CBOR', async () => {
    const { response, body } = await post('monitoring', { 'smithy-protocol': 'rpc-v2-cbor' });
    expect(response.headers.get('smithy-protocol')).toBe('rpc-v2-cbor');
    // A map of two entries; the text of 6 bytes `__type`, and so on.
    expect(body.subarray(0, 10).toString('latin1')).toBe('\xa2\x79\0\x06__type');
    expect(body.subarray(10, 29).toString('latin1')).toBe('\x79\0\x10NotServedLocally');
  });
});
