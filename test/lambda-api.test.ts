import {
  GetAccountSettingsCommand,
  InvokeCommand,
  InvokeWithResponseStreamCommand,
  LambdaClient,
  ListLayersCommand,
} from '@aws-sdk/client-lambda';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { outputs } from './facade.ts';

Object.assign(process.env, inject('operatorEnvironment'));
const lambda = new LambdaClient({ maxAttempts: 1 });
afterAll(() => lambda.destroy());

describe("Lambda's API of the local runtime", () => {
  it('invokes a function, and returns the end of its log', async () => {
    const command = new InvokeCommand({ FunctionName: outputs.sweepFunction, LogType: 'Tail' });
    const { LogResult, FunctionError, $metadata } = await lambda.send(command);
    expect(FunctionError).toBeUndefined();
    const lines = Buffer.from(LogResult ?? '', 'base64')
      .toString()
      .trim()
      .split('\n');
    expect(lines.at(-2)).toBe(`END RequestId: ${$metadata.requestId}`);
    expect(lines.at(-1)).toMatch(/^REPORT .*\tMax Memory Used: \d+ MB/);
  });

  it.each([
    [
      'InvokeWithResponseStream',
      new InvokeWithResponseStreamCommand({ FunctionName: outputs.sweepFunction }),
    ],
    ['GetAccountSettings', new GetAccountSettingsCommand()],
    ['ListLayers', new ListLayersCommand()],
  ])('rejects %s by name', async (_, command) => {
    const sent = (lambda.send as (command: object) => Promise<unknown>).call(lambda, command);
    await expect(sent).rejects.toMatchObject({
      name: 'UnsupportedOperation',
      $metadata: { httpStatusCode: 501 },
    });
  });
});
