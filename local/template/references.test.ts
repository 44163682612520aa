import { expect, it } from 'vitest';
import { referencesOf } from './references.ts';

const environment = {
  region: 'us-east-1',
  accountId: '000000000000',
  origin: 'http://127.0.0.1:4000',
  apiKey: 'da2-key',
};

const of = (id: string, Type: string, Properties = {}) =>
  referencesOf({ Resources: { [id]: { Type, Properties } } }, 'Facade', environment)[id];

it('names a resource by its property, or by its logical id', () => {
  expect(of('Data', 'AWS::S3::Bucket')).toEqual({ Ref: 'data', Arn: 'arn:aws:s3:::data' });
  expect(of('Data', 'AWS::S3::Bucket', { BucketName: 'own' })).toEqual({
    Ref: 'own',
    Arn: 'arn:aws:s3:::own',
  });
  expect(of('Fn', 'AWS::Lambda::Function', { FunctionName: { Ref: 'X' } })).toEqual({
    Ref: 'Fn',
    Arn: 'arn:aws:lambda:us-east-1:000000000000:function:Fn',
  });
});

it('gives each type the Ref and the attributes of CloudFormation', () => {
  const machineArn = 'arn:aws:states:us-east-1:000000000000:stateMachine:Order';
  expect(of('Order', 'AWS::StepFunctions::StateMachine')).toEqual({
    Ref: machineArn,
    Arn: machineArn,
    Name: 'Order',
  });
  expect(of('Dead', 'AWS::SQS::Queue')).toEqual({
    Ref: 'http://127.0.0.1:4000/sqs/000000000000/Dead',
    Arn: 'arn:aws:sqs:us-east-1:000000000000:Dead',
    QueueName: 'Dead',
  });
  expect(of('Role', 'AWS::IAM::Role')).toEqual({ Ref: 'Role', Arn: 'arn:aws:iam::000000000000:role/Role' });
  expect(of('Key', 'AWS::AppSync::ApiKey')).toEqual({ Ref: 'Key', ApiKey: 'da2-key' });
  expect(of('Other', 'AWS::SNS::Topic')).toEqual({ Ref: 'Other' });
});

it('gives an API a stable id of 26 characters, and the URLs of the local runtime', () => {
  const api = of('Api', 'AWS::AppSync::GraphQLApi');
  expect(api?.ApiId).toMatch(/^[0-9a-f]{26}$/);
  expect(api).toEqual(of('Api', 'AWS::AppSync::GraphQLApi'));
  expect(api).toMatchObject({
    Arn: `arn:aws:appsync:us-east-1:000000000000:apis/${api?.ApiId}`,
    GraphQLUrl: 'http://127.0.0.1:4000/graphql',
    RealtimeUrl: 'ws://127.0.0.1:4000/graphql/realtime',
  });
});

it('gives the pseudo parameters', () => {
  expect(referencesOf({ Resources: {} }, 'Facade', environment)).toMatchObject({
    'AWS::Region': { Ref: 'us-east-1' },
    'AWS::AccountId': { Ref: '000000000000' },
    'AWS::StackName': { Ref: 'Facade' },
    'AWS::StackId': { Ref: 'arn:aws:cloudformation:us-east-1:000000000000:stack/Facade/local' },
  });
});
