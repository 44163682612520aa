/**
 * Scenarios of the usual runtime: they need an event, or the end of its retries.
 */
import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { systemClock } from '../../client/clock.ts';
import { createCredentials } from '../../client/credentials.ts';
import { parseEndpoint } from '../../client/endpoint.ts';
import { createProcessId } from '../../client/index.ts';
import { operation } from '../../client/operation.ts';
import { Realtime } from '../../client/realtime.ts';
import type { Scenario } from './scenarios.ts';
import { eventually, type Side } from './world.ts';

/**
 * Subscribes to everything that is published of a process. `ready` resolves once both subscriptions
 * are acknowledged.
 */
function pushesOf({ runtime }: Side, processId: string) {
  const { outputs } = runtime;
  const realtime = new Realtime({
    endpoint: parseEndpoint(outputs),
    credentials: createCredentials({ apiKey: outputs.apiKey }),
    webSocket: WebSocket,
    clock: systemClock,
  });
  const pushed: Record<string, unknown>[] = [];
  const selections = { onProcessState: '{ status }', onProcessStep: '{ step }' };
  const ready = Promise.all(
    Object.entries(selections).map(
      ([field, fields]) =>
        new Promise<void>((onAck, onDown) =>
          realtime.subscribe(operation('subscription', field, { processId: ['ID!', processId] }, fields), {
            onAck: () => onAck(),
            onData: ({ data }) => void pushed.push(data ?? {}),
            onDown,
          }),
        ),
    ),
  );
  return { ready, pushed, dispose: () => realtime.dispose() };
}

/** The operations that the facade triggers itself. */
export const usualScenarios: readonly Scenario[] = [
  {
    name: 'the steps and the end of a process are published',
    async run({ usual }) {
      const processId = createProcessId();
      const { ready, pushed, dispose } = pushesOf(usual, processId);
      try {
        await ready;
        await usual.client.start('loop-and-map', { from: 2 }, { processId });
        const said = () => JSON.stringify(pushed);
        await eventually('the push of a step', async () => (said().includes('"step"') ? true : undefined));
        await eventually('the push of the end', async () =>
          said().includes('SUCCEEDED') ? true : undefined,
        );
      } finally {
        dispose();
      }
    },
  },
  {
    name: 'an event that cannot be recorded goes to the dead-letter queue',
    async run({ usual }) {
      const { machineArnPrefix, deadLetterQueueUrl: QueueUrl } = usual.runtime.outputs;
      const name = createProcessId();
      await usual.stepFunctions.send(
        new StartExecutionCommand({ stateMachineArn: `${machineArnPrefix}pause`, name, input: '{}' }),
      );
      await eventually('the message', async () => {
        const receive = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 });
        const { Messages = [] } = await usual.queues.send(receive);
        for (const { ReceiptHandle } of Messages)
          await usual.queues.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
        return Messages.some(({ Body }) => Body?.includes(name)) || undefined;
      });
    },
  },
];
