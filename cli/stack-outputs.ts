/**
 * `npm run outputs` asks CloudFormation for a deployed stack's outputs and writes them as
 * `outputs.json`, under the names that the local runtime writes.
 */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { Command } from 'commander';
import { OUTPUT_NAMES } from '../core/output-names.ts';
import { keyLife } from '../infra/key-life.ts';
import { writePrivateFile } from '../local/common/private-files.ts';
import { parseCommandLine, systemErrorLine } from './command-line.ts';

const program = new Command('npm run outputs --')
  .description(
    "Writes a deployed stack's outputs.json, with the credentials and region of your AWS configuration.",
  )
  .option('--stack <name>', 'the stack', 'ProcessFacade')
  .option('--out <file>', 'where to write', 'outputs.json');
await parseCommandLine(program);
const { stack, out } = program.opts<{ stack: string; out: string }>();

try {
  const found = await new CloudFormationClient({}).send(new DescribeStacksCommand({ StackName: stack }));
  const outputs = Object.fromEntries(
    (found.Stacks?.[0]?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
  );
  const missing = OUTPUT_NAMES.filter((name) => !outputs[name]);
  if (missing.length > 0)
    throw new Error(`Stack ${stack} has no output [${missing.join(', ')}]: is it a facade's?`);
  writePrivateFile(
    out,
    `${JSON.stringify(Object.fromEntries(OUTPUT_NAMES.map((name) => [name, outputs[name]])), null, 2)}\n`,
  );
  console.log(`Wrote ${out}`);
  const { message, isSoon } = keyLife(new Date(String(outputs.apiKeyExpires)), new Date());
  if (isSoon) console.error(message);
  else console.log(message);
} catch (error) {
  const problem = systemErrorLine(error);
  console.error(
    problem
      ? `The outputs cannot be written: ${problem}. Choose another file with --out`
      : `The outputs of stack ${stack} cannot be read: ${(error as Error).message}`,
  );
  process.exitCode = 1;
}
