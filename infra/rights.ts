/**
 * The rights that more than one function has, each as narrow as the services allow.
 */
import type * as appsync from 'aws-cdk-lib/aws-appsync';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as s3 from 'aws-cdk-lib/aws-s3';

/** Rights on objects of the bucket, by key pattern. */
export function allowObjects(
  bucket: s3.Bucket,
  actions: readonly ('GetObject' | 'PutObject' | 'DeleteObject')[],
  keys: readonly string[],
): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: actions.map((action) => `s3:${action}`),
    resources: keys.map((key) => bucket.arnForObjects(key)),
  });
}

/**
 * The right to list, which is also what makes S3 answer 404 for an object that is not there:
 * without it the answer is 403. https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export function allowListing(bucket: s3.Bucket): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] });
}

/** The right to call one mutation of the API. */
export function allowPublish(api: appsync.GraphqlApi, field: string): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: ['appsync:GraphQL'],
    resources: [`${api.arn}/types/Mutation/fields/${field}`],
  });
}

/**
 * Rights on all executions of the facade, by the prefix that its machines' ARNs share: also on
 * those of a definition that has been removed or renamed since they were started.
 */
export function allowExecutions(
  actions: readonly ('DescribeExecution' | 'GetExecutionHistory' | 'RedriveExecution' | 'StopExecution')[],
  machineArnPrefix: string,
): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: actions.map((action) => `states:${action}`),
    resources: [`${machineArnPrefix.replace(':stateMachine:', ':execution:')}*:*`],
  });
}

/** To read the states of processes. */
export function readStateRights(bucket: s3.Bucket): iam.PolicyStatement[] {
  return [allowObjects(bucket, ['GetObject'], ['processes/*/state.json']), allowListing(bucket)];
}

/**
 * To record what is seen of an execution, to push it, and to remove the mark of a process that has
 * ended.
 */
export function recordRights(bucket: s3.Bucket, api: appsync.GraphqlApi): iam.PolicyStatement[] {
  return [
    allowObjects(bucket, ['GetObject', 'PutObject'], ['processes/*/state.json']),
    allowObjects(bucket, ['GetObject', 'DeleteObject'], ['running/*']),
    allowListing(bucket),
    allowPublish(api, 'publishProcessState'),
  ];
}

/**
 * To write what a start writes, and to start these machines; `inputKeys` are the keys of their
 * inputs.
 */
export function startRights(
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

/** To invoke one function, in the version that is deployed. */
export function allowInvoke(fn: lambda.IFunction): iam.PolicyStatement {
  return new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [fn.functionArn] });
}
