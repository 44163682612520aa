/**
 * The rights of what starts processes: startProcess, and a step that starts another process downstream.
 */
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { allowListing, allowObjects } from './bucket.ts';

/** To write what a start writes, to take it back when the id is another's, and to start these machines. */
export function startRights(bucket: s3.Bucket, machineArns: readonly string[]): iam.PolicyStatement[] {
  const keys = ['processes/*/input.json', 'processes/*/state.json', 'index/*', 'running/*'];
  return [
    allowObjects(bucket, ['GetObject', 'PutObject', 'DeleteObject'], keys),
    allowListing(bucket),
    new iam.PolicyStatement({ actions: ['states:StartExecution'], resources: [...machineArns] }),
    new iam.PolicyStatement({
      actions: ['states:DescribeExecution'],
      resources: machineArns.map((arn) => `${arn.replace(':stateMachine:', ':execution:')}:*`),
    }),
  ];
}
