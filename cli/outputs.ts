import { existsSync, readFileSync } from 'node:fs';
import { CommandError } from './failures.ts';

/** What a facade is reached by; the other names of an `outputs.json` are not needed here. */
export type Outputs = { endpoint: string; realtimeEndpoint: string; apiKey: string };

const LOCAL = '.local/outputs.json';
const DEPLOYED = 'outputs.json';
const REMEDY = 'Run `npm start` first, or `npm run outputs` after a deployment.';

/**
 * The outputs file and what it holds: the named one, or the one that `npm start` writes, or else
 * that of a deployment. Throws {@link CommandError}.
 */
export function readOutputsFile(file: string | undefined): { path: string; held: Record<string, unknown> } {
  const path = file ?? [LOCAL, DEPLOYED].find((usual) => existsSync(usual));
  if (path === undefined) throw new CommandError(`There is no ${LOCAL} and no ${DEPLOYED}. ${REMEDY}`);
  try {
    return { path, held: { ...JSON.parse(readFileSync(path, 'utf8')) } };
  } catch (cause) {
    throw new CommandError(`Cannot read ${path}: ${(cause as Error).message}. ${REMEDY}`, { cause });
  }
}

/**
 * What a facade is reached by, from the file of {@link readOutputsFile}. Throws
 * {@link CommandError}.
 */
export function readOutputs(file: string | undefined): Outputs {
  const { path, held } = readOutputsFile(file);
  const { endpoint, realtimeEndpoint, apiKey } = held;
  if (
    !isAddress(endpoint, 'http') ||
    !isAddress(realtimeEndpoint, 'ws') ||
    typeof apiKey !== 'string' ||
    apiKey === ''
  ) {
    throw new CommandError(
      `Expected ${path} to hold the addresses endpoint and realtimeEndpoint, and an apiKey. ${REMEDY}`,
    );
  }
  return { endpoint, realtimeEndpoint, apiKey };
}

function isAddress(value: unknown, protocol: 'http' | 'ws'): value is string {
  return typeof value === 'string' && value.startsWith(protocol) && URL.canParse(value);
}
