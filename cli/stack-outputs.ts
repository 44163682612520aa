/**
 * `outputs` reads a deployed facade's outputs from CloudFormation and writes them to
 * `outputs.json` and `outputs.operator.json`, under the same names as the local runtime.
 */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { keyLife } from '../core/key-life.ts';
import { CLIENT_OUTPUTS, facadesAmong, type OutputName, pick } from '../core/output-names.ts';
import { writePrivateFile } from '../local/common/private-files.ts';
import { outputsTexts } from '../local/outputs-files.ts';
import { systemErrorLine } from './command-line.ts';

/** The options of `outputs`. */
export type StackOutputsOptions = { stack: string; facade?: string; out: string; json: boolean };

/** Writes the files and prints when the API key expires. The exit code is 1 if it fails. */
export async function writeStackOutputs({ stack, facade, out, json }: StackOutputsOptions): Promise<void> {
  try {
    const found = await new CloudFormationClient({}).send(new DescribeStacksCommand({ StackName: stack }));
    const stackOutputs = (found.Stacks?.[0]?.Outputs ?? []).map(
      ({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue] as const,
    );
    const outputs = choose(facadesAmong(Object.fromEntries(stackOutputs)), facade);
    const texts = outputsTexts(out, outputs);
    for (const [file, text] of texts) writePrivateFile(file, text);
    if (json) console.log(JSON.stringify(pick(outputs, CLIENT_OUTPUTS)));
    else console.log(`Wrote ${texts.map(([file]) => file).join(' and ')}`);
    const { message, isSoon } = keyLife(new Date(outputs.apiKeyExpires), new Date());
    if (isSoon || json) console.error(message);
    else console.log(message);
  } catch (error) {
    const problem = systemErrorLine(error);
    console.error(
      problem
        ? `Could not write the outputs: ${problem}. Choose another file with --out`
        : `Could not read the outputs of stack ${stack}: ${(error as Error).message}`,
    );
    process.exitCode = 1;
  }
}

function choose(
  facades: ReadonlyMap<string, Record<OutputName, string>>,
  facade: string | undefined,
): Record<OutputName, string> {
  const names = [...facades.keys()];
  const [only] = names;
  if (only === undefined)
    throw new Error('It has no ProcessFacade, or one of an older version: deploy it with this one first');
  if (facade === undefined && names.length > 1)
    throw new Error(`It has several facades. Choose one with --facade: ${names.join(', ')}`);
  const outputs = facades.get(facade ?? only);
  if (!outputs) throw new Error(`Expected --facade to be one of ${names.join(', ')}, got ${facade}`);
  return outputs;
}
