import { existsSync, readFileSync } from 'node:fs';
import { DEV_COMMAND, OUTPUTS_COMMAND } from './command-names.ts';
import { CommandError } from './failures.ts';

/** The outputs that a client needs; the others of an `outputs.json` are not used here. */
export type Outputs = { endpoint: string; realtimeEndpoint: string; apiKey: string };

const LOCAL = '.local/outputs.json';
const DEPLOYED = 'outputs.json';
const REMEDY = `Run \`${DEV_COMMAND}\` first, or \`${OUTPUTS_COMMAND}\` after a deployment.`;

/**
 * Reads the outputs file: the given one, or the one that `dev` writes, or else that of a
 * deployment. Throws {@link CommandError}.
 */
export function readOutputsFile(file: string | undefined): {
  path: string;
  content: Record<string, unknown>;
} {
  const path = file ?? [LOCAL, DEPLOYED].find((usual) => existsSync(usual));
  if (path === undefined) throw new CommandError(`Found neither ${LOCAL} nor ${DEPLOYED}. ${REMEDY}`);
  try {
    return { path, content: { ...JSON.parse(readFileSync(path, 'utf8')) } };
  } catch (cause) {
    throw new CommandError(`Could not read ${path}: ${(cause as Error).message}. ${REMEDY}`, { cause });
  }
}

/**
 * Returns the outputs that a client needs, from the file of {@link readOutputsFile}. Throws
 * {@link CommandError}.
 */
export function readOutputs(file: string | undefined): Outputs {
  const { path, content } = readOutputsFile(file);
  const { endpoint, realtimeEndpoint, apiKey } = content;
  if (
    !isUrl(endpoint, 'http') ||
    !isUrl(realtimeEndpoint, 'ws') ||
    typeof apiKey !== 'string' ||
    apiKey === ''
  ) {
    throw new CommandError(
      `Expected ${path} to contain the URLs endpoint and realtimeEndpoint, and an apiKey. ${REMEDY}`,
    );
  }
  return { endpoint, realtimeEndpoint, apiKey };
}

function isUrl(value: unknown, protocol: 'http' | 'ws'): value is string {
  return typeof value === 'string' && value.startsWith(protocol) && URL.canParse(value);
}
