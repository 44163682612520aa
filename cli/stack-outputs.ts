/**
 * `npm run outputs` reads a deployed stack's outputs from CloudFormation and writes them to
 * `outputs.json`, under the same names as the local runtime.
 */
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { Command } from 'commander';
import { keyLife } from '../core/key-life.ts';
import { OUTPUT_NAMES } from '../core/output-names.ts';
import { writePrivateFile } from '../local/common/private-files.ts';
import { parseCommandLine, systemErrorLine } from './command-line.ts';

const program = new Command('npm run outputs --')
  .description(
    'Writes the outputs of a deployed stack to a file, with the credentials and region of your AWS configuration.',
  )
  .option('--stack <name>', 'the name of the stack', 'ProcessFacade')
  .option('--out <file>', 'the file to write', 'outputs.json');
await parseCommandLine(program);
const { stack, out } = program.opts<{ stack: string; out: string }>();

try {
  const found = await new CloudFormationClient({}).send(new DescribeStacksCommand({ StackName: stack }));
  const outputs = Object.fromEntries(
    (found.Stacks?.[0]?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]),
  );
  const missing = OUTPUT_NAMES.filter((name) => !outputs[name]);
  if (missing.length > 0)
    throw new Error(`Stack ${stack} has no outputs [${missing.join(', ')}]. Is it a ProcessFacade stack?`);
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
      ? `Could not write the outputs: ${problem}. Choose another file with --out`
      : `Could not read the outputs of stack ${stack}: ${(error as Error).message}`,
  );
  process.exitCode = 1;
}
