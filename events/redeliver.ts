/**
 * `npm run redeliver` puts the messages of the dead-letter queue through again: each is an event that the recorder of status changes did
 * not manage, whole. Recording is idempotent, so a message that is put through twice does no harm.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseEnv } from 'node:util';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DeleteMessageCommand, type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Command } from 'commander';

/** Long enough to record and push one page of messages. */
const VISIBILITY_SECONDS = 300;

const program = new Command('npm run redeliver --')
  .description(
    'Puts the events of the dead-letter queue through again, with the credentials of your AWS configuration. Events that fail again stay in the queue.',
  )
  .option(
    '--outputs <file>',
    "the deployment's outputs",
    existsSync('outputs.json') ? 'outputs.json' : '.local/outputs.json',
  )
  .parse();
const { outputs } = program.opts<{ outputs: string }>();

try {
  const { delivered, failed } = await redeliver(readOutputs(outputs));
  console.log(`${delivered} delivered, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
} catch (error) {
  console.error(`The dead-letter queue cannot be put through again: ${(error as Error).message}`);
  process.exitCode = 1;
}

type Outputs = Record<'deadLetterQueueUrl' | 'statusChangeFunction' | 'region', string>;

function readOutputs(file: string): Outputs {
  if (!existsSync(file)) throw new Error(`there is no ${file}: run npm run outputs`);
  // A local runtime leaves its operator's credentials beside its outputs; no other ones reach it.
  const operator = join(dirname(file), 'operator.env');
  if (existsSync(operator)) Object.assign(process.env, parseEnv(readFileSync(operator, 'utf8')));
  return JSON.parse(readFileSync(file, 'utf8'));
}

async function redeliver({
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

/** Why the function failed; undefined when it did not. */
async function deliver(
  lambda: LambdaClient,
  functionName: string,
  { Body = '' }: Message,
): Promise<string | undefined> {
  const answer = await lambda.send(
    new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(Body) }),
  );
  return answer.FunctionError === undefined ? undefined : answer.Payload?.transformToString();
}
