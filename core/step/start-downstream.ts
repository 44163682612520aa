/**
 * Starts another process from a step. It has its own id, input, state and data, and the same owner.
 */

import { InvokeCommand, type InvokeCommandOutput, LambdaClient } from '@aws-sdk/client-lambda';
import { exactJson } from '../../client/exact-json.ts';
import type { ProcessState } from '../api-types.ts';
import { InvalidInput } from '../errors.ts';
import { rejectTooLarge } from '../input-size.ts';
import { dataKey } from '../keys.ts';
import type { LambdaResponse } from '../lambda-response.ts';
import type { DownstreamRequest } from '../start-downstream.ts';
import { DownstreamUnavailable } from './errors.ts';
import type { StepContext } from './step.ts';

let lambda: LambdaClient | undefined;

/**
 * Starts a downstream process and returns its state, RUNNING. The step does not wait for its end,
 * and should write the id to its own document.
 *
 * The id is derived from the parent's process and step (UUID version 5, RFC 9562), so that a retry
 * finds the process of the first attempt. Throws:
 *
 * - `InvalidInput` if the input violates the definition's schema, or JSON would change it;
 * - `ProcessConflict` if an earlier attempt used a different input;
 * - `StartNotAllowed` if the construct does not allow the step to start the definition;
 * - {@link DownstreamUnavailable}, which a Retry should match.
 */
export async function startDownstream(
  context: StepContext,
  definition: string,
  input: unknown,
): Promise<ProcessState> {
  const json = exactJson(
    input,
    (path, message) => new InvalidInput(`The input cannot be sent: ${path} ${message}`),
  );
  rejectTooLarge(Buffer.byteLength(json));
  const { step, part } = context;
  const request = { processData: dataKey(context), step, definition, input: json };
  const response = await invoke(step, part === undefined ? request : { ...request, part });
  if ('value' in response) return response.value;
  const { type: name, message, info } = response.error;
  throw Object.assign(new Error(message), { name, info });
}

async function invoke(step: string, request: DownstreamRequest): Promise<LambdaResponse<ProcessState>> {
  const functionName = process.env.START_DOWNSTREAM_FUNCTION;
  if (!functionName) {
    throw new Error(
      `Step ${step} may not start a process: add the definition to the construct's \`starts\` of this step`,
    );
  }
  lambda ??= new LambdaClient({});
  let output: InvokeCommandOutput;
  try {
    output = await lambda.send(
      new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify(request)) }),
    );
  } catch (cause) {
    throw new DownstreamUnavailable(step, cause as Error);
  }
  const payload = JSON.parse(output.Payload?.transformToString() ?? 'null');
  if (output.FunctionError === undefined) return payload as LambdaResponse<ProcessState>;
  const { errorType = '', errorMessage = '' } = (payload ?? {}) as Record<string, string>;
  throw new DownstreamUnavailable(step, Object.assign(new Error(errorMessage), { name: errorType }));
}
