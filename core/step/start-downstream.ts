/**
 * A step that starts another process: one with its own id, input, state and data, for the same
 * owner.
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
 * The state of the downstream process, RUNNING. The step does not wait for its end, and names it in
 * its own document.
 *
 * The id follows from the parent's process and step (UUID version 5, RFC 9562), so a retry finds
 * the process that the first attempt started. Throws `InvalidInput` for an input that breaks the
 * definition's schema or that JSON would change, `ProcessConflict` where an earlier attempt started
 * it with another input, `StartNotAllowed` for a definition that the construct does not let this
 * step start, and {@link DownstreamUnavailable}, which is worth a Retry.
 */
export async function startDownstream(
  context: StepContext,
  definition: string,
  input: unknown,
): Promise<ProcessState> {
  const json = exactJson(
    input,
    (path, message) => new InvalidInput(`The input cannot be passed on: ${path} ${message}`),
  );
  rejectTooLarge(Buffer.byteLength(json));
  const { step, part } = context;
  const request = { processData: dataKey(context), step, definition, input: json };
  const answer = await invoke(step, part === undefined ? request : { ...request, part });
  if ('value' in answer) return answer.value;
  const { type: name, message, info } = answer.error;
  throw Object.assign(new Error(message), { name, info });
}

async function invoke(step: string, request: DownstreamRequest): Promise<LambdaResponse<ProcessState>> {
  const functionName = process.env.START_DOWNSTREAM_FUNCTION;
  if (!functionName) {
    throw new Error(
      `Step ${step} may not start a process: name what it starts in the construct's \`starts\` of this step`,
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
