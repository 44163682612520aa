/**
 * `process-facade.local.ts`: what an app's local runtime needs beyond its template.
 */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { nearestPackage } from '../../core/package-root.ts';
import { StartError } from '../common/errors.ts';
import type { Endpoints } from './endpoints.ts';

/** The default export of `process-facade.local.ts`, beside the app's package.json. */
export type LocalConfig = {
  /** Stand-ins on this machine for services of AWS that the local runtime does not serve. */
  endpoints?: Endpoints;
};

/** Thrown when `process-facade.local.ts` cannot be used. */
class LocalConfigInvalid extends StartError {
  override readonly name = 'LocalConfigInvalid';
}

const NAMES = ['ts', 'mts', 'js', 'mjs'].map((extension) => `process-facade.local.${extension}`);
const Config = z.strictObject({ endpoints: z.record(z.string(), z.string()).optional() });

/** Reads the configuration of an app, if it has one. Throws {@link LocalConfigInvalid}. */
export async function readLocalConfig(app: string): Promise<LocalConfig> {
  const project = nearestPackage(dirname(resolve(app)));
  const file = NAMES.map((name) => join(project, name)).find((path) => existsSync(path));
  if (file === undefined) return {};
  const result = Config.safeParse(await load(file));
  if (result.success) return result.data as LocalConfig;
  const problems = result.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'default'}: ${message}`,
  );
  throw new LocalConfigInvalid(
    `Expected ${file} to have a default export such as { endpoints: { dynamodb: 'http://127.0.0.1:8000' } }: ${problems.join('; ')}`,
  );
}

async function load(file: string): Promise<unknown> {
  try {
    const module: { default?: unknown } = await import(pathToFileURL(file).href);
    return module.default;
  } catch (cause) {
    throw new LocalConfigInvalid(`Could not load ${file}: ${(cause as Error).message}`, { cause });
  }
}
