/** Requests to the services with JSON: Step Functions, SQS, Lambda. */
import type { Dice } from './dice.ts';
import { type Header, type Input, type Request, signed, type Target, whole } from './http-bytes.ts';
import { jsonText, junkText, mutateJson, mutateText, perhapsJunk, withOneMutated } from './junk.ts';

type Parameters = (dice: Dice, target: Target) => Record<string, unknown>;

const machine = (dice: Dice, { outputs }: Target) =>
  `${outputs.machineArnPrefix}${dice.one(['order', 'six-steps', 'nothing'])}`;
const execution = (dice: Dice, { outputs }: Target) =>
  `${outputs.machineArnPrefix.replace(':stateMachine:', ':execution:')}order:fuzz-${dice.below(30)}`;

const STEP_FUNCTIONS: Record<string, Parameters> = {
  StartExecution: (dice, target) => ({
    stateMachineArn: machine(dice, target),
    name: `fuzz-${dice.below(30)}`,
    input: jsonText(dice, mutateJson(dice, { processData: 'processes/api-key/1' })),
  }),
  DescribeExecution: (dice, target) => ({ executionArn: execution(dice, target) }),
  StopExecution: (dice, target) => ({ executionArn: execution(dice, target), error: 'E', cause: 'c' }),
  ListExecutions: (dice, target) => ({
    ...{
      stateMachineArn: machine(dice, target),
      maxResults: dice.below(5),
      statusFilter: dice.one(['RUNNING', 'FAILED']),
    },
    ...(dice.chance(0.5) && { nextToken: pageToken(dice) }),
  }),
  GetExecutionHistory: (dice, target) => ({
    ...{ executionArn: execution(dice, target), maxResults: dice.below(5), reverseOrder: dice.chance(0.5) },
    ...(dice.chance(0.5) && { nextToken: pageToken(dice) }),
  }),
  RedriveExecution: (dice, target) => ({
    executionArn: execution(dice, target),
    clientToken: dice.one(['a', 'b']),
  }),
  DescribeStateMachine: (dice, target) => ({ stateMachineArn: machine(dice, target) }),
  CreateStateMachine: () => ({ name: 'n', definition: '{}', roleArn: 'r' }),
};

/** In the form of the runtime's own, with any content. */
function pageToken(dice: Dice): string {
  return Buffer.from(jsonText(dice, mutateJson(dice, { from: 1, startedAt: 1, id: 1 }))).toString(
    'base64url',
  );
}

const SQS: Record<string, Parameters> = {
  SendMessage: (dice, target) => ({
    ...{
      QueueUrl: target.outputs.deadLetterQueueUrl,
      MessageBody: junkText(dice),
      DelaySeconds: dice.one([0, 900]),
    },
    MessageAttributes: { a: { DataType: dice.one(['String', 'Number', 'Binary']), StringValue: '1' } },
  }),
  ReceiveMessage: (dice, target) => ({
    ...{
      QueueUrl: target.outputs.deadLetterQueueUrl,
      MaxNumberOfMessages: dice.below(12),
      WaitTimeSeconds: 0,
    },
    ...{ VisibilityTimeout: dice.one([0, 1]), MessageAttributeNames: ['All'], AttributeNames: ['All'] },
  }),
  DeleteMessage: (dice, target) => ({
    QueueUrl: target.outputs.deadLetterQueueUrl,
    ReceiptHandle: junkText(dice),
  }),
  ChangeMessageVisibility: (dice, target) => ({
    ...{ QueueUrl: target.outputs.deadLetterQueueUrl, ReceiptHandle: junkText(dice), VisibilityTimeout: 1 },
  }),
  GetQueueAttributes: (dice, target) => ({
    ...{
      QueueUrl: target.outputs.deadLetterQueueUrl,
      AttributeNames: [dice.one(['All', 'QueueArn', 'Policy'])],
    },
  }),
  PurgeQueue: (_, target) => ({ QueueUrl: target.outputs.deadLetterQueueUrl }),
  SendMessageBatch: (_, target) => ({ QueueUrl: target.outputs.deadLetterQueueUrl, Entries: [] }),
};

/** Returns a request to Step Functions. */
export function stepFunctionsInput(dice: Dice, target: Target): Promise<Input> {
  return awsJson(dice, target, { service: 'states', prefix: 'AWSStepFunctions' }, STEP_FUNCTIONS);
}

/** A request to SQS. */
export function sqsInput(dice: Dice, target: Target): Promise<Input> {
  return awsJson(dice, target, { service: 'sqs', prefix: 'AmazonSQS' }, SQS);
}

async function awsJson(
  dice: Dice,
  target: Target,
  { service, prefix }: { service: string; prefix: string },
  operations: Record<string, Parameters>,
): Promise<Input> {
  const name = dice.one(Object.keys(operations));
  const good = operations[name]?.(dice, target);
  const content = dice.chance(0.6) ? mutateJson(dice, good) : good;
  const request: Request = {
    method: dice.chance(0.97) ? 'POST' : dice.one(['GET', 'PUT', 'OPTIONS', 'HEAD']),
    path: dice.chance(0.97) ? `/${service}` : `/${service}${mutateText(dice, '/a?b=c')}`,
    headers: [
      ['content-type', perhapsJunk(dice, 'application/x-amz-json-1.0', 0.03)],
      ['x-amz-target', perhapsJunk(dice, `${prefix}.${name}`, 0.05)],
    ],
    body: jsonText(dice, content),
  };
  return whole(`${service} ${name}`, target, await perhapsSigned(dice, target, service, request));
}

async function perhapsSigned(
  dice: Dice,
  target: Target,
  service: string,
  request: Request,
): Promise<Request> {
  if (dice.chance(0.03)) return request;
  const good = await signed(target, service, request);
  if (dice.chance(0.95)) return good;
  return {
    ...good,
    headers: withOneMutated(dice, good.headers),
    body: dice.chance(0.3) ? mutateText(dice, String(request.body)) : good.body,
  };
}

/** A request to Lambda, most often for one of the functions behind the rules. */
export async function lambdaInput(dice: Dice, target: Target): Promise<Input> {
  const { statusChangeFunction, sweepFunction, machineArnPrefix } = target.outputs;
  const name = dice.one([statusChangeFunction, sweepFunction, junkText(dice), machineArnPrefix]);
  const event = {
    ...{
      source: 'aws.states',
      time: '2026-01-01T00:00:00Z',
      id: 'i',
      'detail-type': 'Step Functions Execution Status Change',
    },
    detail: {
      ...{
        executionArn: execution(dice, target),
        stateMachineArn: machine(dice, target),
        name: 'n',
        status: 'FAILED',
      },
      ...{
        startDate: 1,
        stopDate: 2,
        input: '{"processData":"processes/api-key/1"}',
        redriveCount: 0,
        error: 'E',
        cause: 'c',
      },
    },
  };
  const encoded = dice.chance(0.9) ? encodeURIComponent(name.toWellFormed()) : name;
  const request: Request = {
    method: dice.chance(0.95) ? 'POST' : dice.one(['GET', 'PUT', 'DELETE', 'OPTIONS']),
    path: dice.chance(0.9)
      ? `/2015-03-31/functions/${encoded}/invocations`
      : `/2015-03-31${mutateText(dice, `/functions/${encoded}/invocations?Qualifier=$LATEST`)}`,
    headers: dice.some<Header>(
      [
        ['x-amz-invocation-type', perhapsJunk(dice, dice.one(['RequestResponse', 'Event', 'DryRun']))],
        ['x-amz-log-type', dice.one(['Tail', 'None', junkText(dice)])],
        ['x-amz-client-context', perhapsJunk(dice, 'e30=')],
      ],
      0.2,
    ),
    body: jsonText(dice, mutateJson(dice, event)),
  };
  return whole('lambda Invoke', target, await perhapsSigned(dice, target, 'lambda', request));
}
