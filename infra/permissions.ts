/**
 * Permissions that several functions share, each as narrow as the services allow.
 */
import { Stack } from 'aws-cdk-lib';
import type * as appsync from 'aws-cdk-lib/aws-appsync';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { WildcardStatement } from './acknowledge.ts';

/** Allows actions on objects of the bucket, by key pattern. */
export function allowObjects(
  bucket: s3.Bucket,
  actions: readonly ('GetObject' | 'PutObject' | 'DeleteObject')[],
  keys: readonly string[],
): iam.PolicyStatement {
  return new WildcardStatement({
    actions: actions.map((action) => `s3:${action}`),
    resources: keys.map((key) => bucket.arnForObjects(key)),
    reason: 'A key contains the owner and the id of a process, which are not known at deployment.',
  });
}

/**
 * Allows listing the bucket. Without it S3 responds with 403 instead of 404 for a missing object.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export function allowListing(bucket: s3.Bucket): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] });
}

/** Allows calling one mutation of the API. */
export function allowPublish(api: appsync.IGraphqlApi, field: string): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: ['appsync:GraphQL'],
    resources: [`${api.arn}/types/Mutation/fields/${field}`],
  });
}

/**
 * Allows actions on all executions of the facade, by the prefix that its machines' ARNs share. This
 * includes executions of definitions that have been removed or renamed since they started.
 */
export function allowExecutions(
  actions: readonly ('DescribeExecution' | 'GetExecutionHistory' | 'RedriveExecution' | 'StopExecution')[],
  machineArnPrefix: string,
): iam.PolicyStatement {
  return new WildcardStatement({
    actions: actions.map((action) => `states:${action}`),
    resources: [`${machineArnPrefix.replace(':stateMachine:', ':execution:')}*:*`],
    reason: 'Executions are named by process, and those of removed definitions still run.',
  });
}

/** Allows reading the states of processes. */
export function readStatePermissions(bucket: s3.Bucket): iam.PolicyStatement[] {
  return [allowObjects(bucket, ['GetObject'], ['processes/*/state.json']), allowListing(bucket)];
}

/**
 * Allows recording the observed status of an execution, publishing it, and removing the marker
 * object of a process that has ended.
 */
export function recordPermissions(bucket: s3.Bucket, api: appsync.IGraphqlApi): iam.PolicyStatement[] {
  return [
    allowObjects(bucket, ['GetObject', 'PutObject'], ['processes/*/state.json']),
    allowObjects(bucket, ['GetObject', 'DeleteObject'], ['running/*']),
    allowListing(bucket),
    allowPublish(api, 'publishProcessState'),
  ];
}

/**
 * Allows starting these machines and writing what a start writes. `inputKeys` are the key patterns
 * of their inputs.
 */
export function startPermissions(
  bucket: s3.Bucket,
  machineArns: readonly string[],
  inputKeys: readonly string[],
): iam.PolicyStatement[] {
  return [
    allowObjects(bucket, ['GetObject', 'PutObject'], [...inputKeys, 'processes/*/state.json', 'running/*']),
    allowObjects(bucket, ['PutObject'], ['index/*']),
    allowListing(bucket),
    new iam.PolicyStatement({ actions: ['states:StartExecution'], resources: [...machineArns] }),
  ];
}

/** Allows invoking the deployed version of a function. */
export function allowInvoke(fn: lambda.IFunction): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [fn.functionArn] });
}

/** Allows writing to a log group. */
export function allowLogs(group: logs.ILogGroup): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [group.logGroupArn],
  });
}

/**
 * Allows a state machine to deliver its logs.
 * https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
 */
export function allowLogDelivery(): iam.PolicyStatement {
  return new WildcardStatement({
    actions: [
      ...['Create', 'Get', 'Update', 'Delete'].map((verb) => `logs:${verb}LogDelivery`),
      ...['logs:ListLogDeliveries', 'logs:DescribeLogGroups'],
      ...['logs:PutResourcePolicy', 'logs:DescribeResourcePolicies'],
    ],
    resources: ['*'],
    reason: 'The delivery of logs has no permissions on single resources.',
  });
}

/** Allows sending traces. State machines also ask which requests to sample. */
export function allowTraces(
  ...more: readonly ('GetSamplingRules' | 'GetSamplingTargets')[]
): iam.PolicyStatement {
  return new WildcardStatement({
    actions: ['PutTraceSegments', 'PutTelemetryRecords', ...more].map((action) => `xray:${action}`),
    resources: ['*'],
    reason: 'X-Ray has no permissions on single resources.',
  });
}

/**
 * Allows a function to be in a VPC.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
 */
export function allowNetworkInterfaces(): iam.PolicyStatement {
  return new WildcardStatement({
    actions: [
      ...['CreateNetworkInterface', 'DescribeNetworkInterfaces', 'DeleteNetworkInterface', 'DescribeSubnets'],
      ...['AssignPrivateIpAddresses', 'UnassignPrivateIpAddresses'],
    ].map((action) => `ec2:${action}`),
    resources: ['*'],
    reason: 'Lambda creates the network interfaces, and their ids are not known at deployment.',
  });
}

/**
 * Allows S3 to use the key of the bucket for what these permissions allow on objects.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
 */
export function keyPermissions(
  key: kms.IKey,
  permissions: readonly iam.PolicyStatement[],
): iam.PolicyStatement[] {
  const allowed = permissions.flatMap(({ actions }) => actions);
  const actions = [
    ...(allowed.includes('s3:GetObject') ? ['kms:Decrypt'] : []),
    ...(allowed.includes('s3:PutObject') ? ['kms:GenerateDataKey'] : []),
  ];
  if (actions.length === 0) return [];
  return [
    new iam.PolicyStatement({
      actions,
      resources: [key.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `s3.${Stack.of(key).region}.amazonaws.com` } },
    }),
  ];
}
