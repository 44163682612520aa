import { expect, it } from 'vitest';
import { attributeOf } from './references.ts';

const environment = {
  region: 'us-east-1',
  accountId: '000000000000',
  origin: 'http://127.0.0.1:4000',
  apiKey: 'da2-key',
};

/** Returns the attributes of a resource with the properties. */
function of(id: string, type: string, attributes: string[], properties: Record<string, unknown> = {}) {
  const property = (name: string) => properties[name];
  return attributes.map((attribute) =>
    attributeOf({ id, type, property, apiPath: '/graphql' }, attribute, environment),
  );
}

it('names a resource by its property, or by its id', () => {
  const names = ['Ref', 'Arn'];
  expect(of('App-Data', 'AWS::S3::Bucket', names)).toEqual(['app-data', 'arn:aws:s3:::app-data']);
  expect(of('App-Data', 'AWS::S3::Bucket', names, { BucketName: 'own' })).toEqual([
    'own',
    'arn:aws:s3:::own',
  ]);
  expect(of('App-Fn', 'AWS::Lambda::Function', names)).toEqual([
    'App-Fn',
    'arn:aws:lambda:us-east-1:000000000000:function:App-Fn',
  ]);
  expect(of('App-Orders', 'AWS::DynamoDB::Table', names, { TableName: 'orders' })).toEqual([
    'orders',
    'arn:aws:dynamodb:us-east-1:000000000000:table/orders',
  ]);
});

it('keeps the names of buckets within 63 characters, and apart', () => {
  const [one = '', other] = ['a', 'b'].flatMap((end) =>
    of(`App-${'x'.repeat(70)}${end}`, 'AWS::S3::Bucket', ['Ref']),
  );
  expect(one).toMatch(/^app-x{50}-[0-9a-f]{8}$/);
  expect(one).toHaveLength(63);
  expect(other).not.toBe(one);
});

it('gives each type the Ref and the attributes of CloudFormation', () => {
  const machineArn = 'arn:aws:states:us-east-1:000000000000:stateMachine:Order';
  expect(of('Order', 'AWS::StepFunctions::StateMachine', ['Ref', 'Arn', 'Name'])).toEqual([
    machineArn,
    machineArn,
    'Order',
  ]);
  expect(of('Dead', 'AWS::SQS::Queue', ['Ref', 'Arn', 'QueueName'])).toEqual([
    'http://127.0.0.1:4000/sqs/000000000000/Dead',
    'arn:aws:sqs:us-east-1:000000000000:Dead',
    'Dead',
  ]);
  expect(of('Role', 'AWS::IAM::Role', ['Ref', 'Arn'])).toEqual([
    'Role',
    'arn:aws:iam::000000000000:role/Role',
  ]);
  expect(of('Key', 'AWS::AppSync::ApiKey', ['ApiKey'])).toEqual(['da2-key']);
  expect(of('News', 'AWS::SNS::Topic', ['Ref', 'TopicName'])).toEqual([
    'arn:aws:sns:us-east-1:000000000000:News',
    'News',
  ]);
  expect(of('Own', 'AWS::KMS::Key', ['Ref', 'Arn'])).toEqual([
    'Own',
    'arn:aws:kms:us-east-1:000000000000:key/Own',
  ]);
});

it('gives an attribute that only AWS has a text that never resolves', () => {
  expect(of('App-Db', 'AWS::RDS::DBCluster', ['Endpoint.Address'])).toEqual([
    'App-Db.Endpoint.Address.not-served-locally.invalid',
  ]);
});

it('gives an API a stable id of 26 characters, and the URLs of the local runtime', () => {
  const names = ['ApiId', 'Arn', 'GraphQLUrl', 'RealtimeUrl'];
  const [apiId, ...others] = of('Api', 'AWS::AppSync::GraphQLApi', names);
  expect(apiId).toMatch(/^[0-9a-f]{26}$/);
  expect(of('Api', 'AWS::AppSync::GraphQLApi', ['ApiId'])).toEqual([apiId]);
  expect(others).toEqual([
    `arn:aws:appsync:us-east-1:000000000000:apis/${apiId}`,
    'http://127.0.0.1:4000/graphql',
    'ws://127.0.0.1:4000/graphql/realtime',
  ]);
});
