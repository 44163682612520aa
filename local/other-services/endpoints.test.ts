import { describe, expect, it } from 'vitest';
import { endpointVariables } from './endpoints.ts';

describe('the endpoints of stand-ins', () => {
  it('become the variables of the SDKs', () => {
    const endpoints = { dynamodb: 'http://127.0.0.1:8000', secrets_manager: 'https://localhost:4566/x' };
    expect(endpointVariables(endpoints)).toEqual({
      AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:8000',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: 'https://localhost:4566/x',
    });
  });

  it.each([
    ['an unknown service', { dynamo: 'http://127.0.0.1' }, 'by the ids that the SDKs have for them'],
    ['an inherited name', { constructor: 'http://127.0.0.1' }, 'got [constructor]'],
    [
      'another spelling',
      { DynamoDB: 'http://127.0.0.1' },
      'Expected the endpoint of DynamoDB to be called dynamodb',
    ],
    ['a signing name', { monitoring: 'http://127.0.0.1' }, 'of CloudWatch to be called cloudwatch'],
    ['a service that is served', { s3: 'http://127.0.0.1' }, 'The local runtime serves S3 itself'],
    [
      'another protocol',
      { dynamodb: 'file:///etc/passwd' },
      'to be an http or https URL, got [file:///etc/passwd]',
    ],
    ['text', { dynamodb: 'localhost:8000' }, 'to be an http or https URL, got [localhost:8000]'],
    ['another machine', { dynamodb: 'https://dynamodb.us-east-1.amazonaws.com' }, 'on this machine'],
    ['a host that only begins so', { dynamodb: 'http://127.0.0.1.example.com' }, 'on this machine'],
  ])('are rejected with %s', (_, endpoints, message) => {
    expect(() => endpointVariables(endpoints)).toThrow(message);
  });
});
