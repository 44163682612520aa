/**
 * `outputs` reads a deployed stack's outputs from CloudFormation and writes them to
 * `outputs.json`, under the same names as the local runtime.
 */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { keyLife } from '../core/key-life.ts';
import { OUTPUT_NAMES } from '../core/output-names.ts';
import { writePrivateFile } from '../local/common/private-files.ts';
import { systemErrorLine } from './command-line.ts';

/** The options of `outputs`. */
export type StackOutputsOptions = { stack: string; out: string; json: boolean };

/** Writes the file and prints when the API key expires. The exit code is 1 if it fails. */
export async function writeStackOutputs({ stack, out, json }: StackOutputsOptions): Promise<void> {
  try {
    const found = await new CloudFormationClient({}).send(new DescribeStacksCommand({ StackName: stack }));
    const outputs = Object.fromEntries(
      (found.Stacks?.[0]?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
    );
    const missing = OUTPUT_NAMES.filter((name) => !outputs[name]);
    if (missing.length > 0)
      throw new Error(`Stack ${stack} has no outputs [${missing.join(', ')}]. Is it a ProcessFacade stack?`);
    const written = Object.fromEntries(OUTPUT_NAMES.map((name) => [name, outputs[name]]));
    writePrivateFile(out, `${JSON.stringify(written, null, 2)}\n`);
    if (json) console.log(JSON.stringify(written));
    else console.log(`Wrote ${out}`);
    const { message, isSoon } = keyLife(new Date(String(outputs.apiKeyExpires)), new Date());
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
