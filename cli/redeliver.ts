/**
 * `redeliver` redrives the messages of the dead-letter queue. Each is an unmodified event
 * that the recorder of status changes could not record. Recording is idempotent, so a message may
 * be delivered twice.
 */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DeleteMessageCommand, type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { readOperatorOutputs } from './operator-outputs.ts';

const NEEDED = ['endpoint', 'deadLetterQueueUrl', 'statusChangeFunction', 'region'] as const;

/** Long enough to record and publish one page of messages. */
const VISIBILITY_SECONDS = 300;

/** The options of `redeliver`. */
export type RedeliverOptions = { outputs?: string; json: boolean };

/**
 * Delivers every message of the queue and prints the counts. The exit code is 1 if one failed or
 * the queue could not be read.
 */
export async function redeliver(options: RedeliverOptions): Promise<void> {
  try {
    const counts = await deliverAll(readOperatorOutputs(options.outputs, NEEDED));
    const { delivered, failed } = counts;
    console.log(options.json ? JSON.stringify(counts) : `${delivered} delivered, ${failed} failed`);
    process.exitCode = failed > 0 ? 1 : 0;
  } catch (error) {
    console.error(`Could not redrive the dead-letter queue: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}

type Outputs = Record<(typeof NEEDED)[number], string>;

async function deliverAll({
  deadLetterQueueUrl: queueUrl,
  statusChangeFunction: functionName,
  region,
}: Outputs): Promise<{ delivered: number; failed: number }> {
  const queue = new SQSClient({ region });
  const lambda = new LambdaClient({ region });
  let delivered = 0;
  let failed = 0;
  for (;;) {
    // A message that failed is hidden for a while, so the loop ends.
    const { Messages = [] } = await queue.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: VISIBILITY_SECONDS,
      }),
    );
    if (Messages.length === 0) return { delivered, failed };
    for (const message of Messages) {
      const failure = await deliver(lambda, functionName, message);
      if (failure === undefined) {
        await queue.send(
          new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: message.ReceiptHandle }),
        );
        delivered++;
      } else {
        failed++;
        console.error(`Message ${message.MessageId} failed again: ${failure}`);
      }
    }
  }
}

/** Returns why the function failed, or undefined if it succeeded. */
async function deliver(
  lambda: LambdaClient,
  functionName: string,
  { Body = '' }: Message,
): Promise<string | undefined> {
  const response = await lambda.send(
    new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(Body) }),
  );
  return response.FunctionError === undefined ? undefined : response.Payload?.transformToString();
}
