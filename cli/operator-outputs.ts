import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseEnv } from 'node:util';
import { type OutputName, operatorFileOf } from '../core/output-names.ts';
import { OUTPUTS_COMMAND } from './command-names.ts';
import { CommandError } from './failures.ts';
import { readOutputsFile } from './outputs.ts';

/**
 * Returns the named outputs, from the file for clients and the one for operators beside it, and
 * takes the credentials of a local runtime for the SDK's clients. Throws {@link CommandError}.
 */
export function readOperatorOutputs<Name extends OutputName>(
  file: string | undefined,
  names: readonly Name[],
): Record<Name, string> {
  const forClients = readOutputsFile(file);
  const { path } = forClients;
  const forOperators = readOutputsFile(operatorFileOf(path));
  const outputs = { ...forClients.content, ...forOperators.content };
  const missing = names.filter((name) => typeof outputs[name] !== 'string');
  if (missing.length > 0) {
    throw new CommandError(
      `${path} and ${forOperators.path} do not contain [${missing.join(', ')}]. Run \`${OUTPUTS_COMMAND}\``,
    );
  }
  takeOperatorCredentials(path, String(outputs.endpoint));
  return outputs as Record<Name, string>;
}

/** A local runtime accepts only its operator's credentials, which it writes next to its outputs. */
function takeOperatorCredentials(outputsFile: string, endpoint: string): void {
  const file = join(dirname(outputsFile), 'operator.env');
  if (!existsSync(file)) return;
  const operator = parseEnv(readFileSync(file, 'utf8'));
  // They may be left from a killed runtime, next to the outputs of a deployment.
  if (endpoint.startsWith(`${operator.AWS_ENDPOINT_URL_LAMBDA}/`)) Object.assign(process.env, operator);
}
