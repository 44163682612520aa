import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import * as z from 'zod';
import { startDownstream } from '../../../core/step/start-downstream.ts';
import { step } from '../../../core/step/step.ts';

const Input = z.object({
  requests: z
    .array(z.object({ operation: z.string(), parameters: z.record(z.string(), z.string()) }))
    .default([]),
  starts: z.array(z.object({ definition: z.string(), input: z.record(z.string(), z.unknown()) })).default([]),
});

type Parameters = Record<string, string>;

const s3 = new S3Client({});
const stepFunctions = new SFNClient({});
const lambda = new LambdaClient({});
const Bucket = process.env.BUCKET_NAME;
const machine = (name = '') => `${process.env.MACHINE_ARN_PREFIX}${name}`;

const operations = new Map<string, (parameters: Parameters) => Promise<unknown>>([
  ['GetObject', ({ Key }) => s3.send(new GetObjectCommand({ Bucket, Key }))],
  [
    'PutObject',
    ({ Key, IfMatch }) => s3.send(new PutObjectCommand({ Bucket, Key, Body: '{}', ...when(IfMatch) })),
  ],
  ['DeleteObject', ({ Key }) => s3.send(new DeleteObjectCommand({ Bucket, Key }))],
  ['ListObjects', ({ Prefix }) => s3.send(new ListObjectsV2Command({ Bucket, Prefix }))],
  [
    'StartExecution',
    ({ definition, input }) =>
      stepFunctions.send(new StartExecutionCommand({ stateMachineArn: machine(definition), input })),
  ],
  [
    'DescribeExecution',
    ({ definition, name }) => {
      const executionArn = `${machine(definition).replace(':stateMachine:', ':execution:')}:${name}`;
      return stepFunctions.send(new DescribeExecutionCommand({ executionArn }));
    },
  ],
  ['Invoke', ({ FunctionName, payload }) => invoke(FunctionName, payload)],
  ['StartDownstream', ({ payload }) => invoke(process.env.START_DOWNSTREAM_FUNCTION, payload)],
]);

/**
 * Makes the requests one after the other, and reports what became of each: `done`, or the name of
 * the error.
 */
export const handler = step({
  reads: { input: Input },
  run: async ({ input }, context) => {
    const results: string[] = [];
    for (const { operation, parameters } of input.requests) {
      const request = operations.get(operation);
      if (!request) throw new Error(`There is no operation ${operation}`);
      const outcome = request(parameters).then((result) => (typeof result === 'string' ? result : 'done'));
      results.push(await outcome.catch((error: Error) => error.name));
    }
    const started: string[] = [];
    for (const { definition, input: downstream } of input.starts) {
      started.push((await startDownstream(context, definition, downstream)).processId);
    }
    return { output: { results, started } };
  },
});

function when(ifMatch: string | undefined) {
  return ifMatch === undefined ? { IfNoneMatch: '*' } : { IfMatch: ifMatch };
}

/** Returns the name of the error that the function returned or failed with, or `done`. */
async function invoke(FunctionName: string | undefined, payload = '{}'): Promise<string> {
  const output = await lambda.send(new InvokeCommand({ FunctionName, Payload: Buffer.from(payload) }));
  const result = JSON.parse(output.Payload?.transformToString() ?? 'null');
  return result?.error?.type ?? result?.errorType ?? 'done';
}
