/**
 * `node infra/run-app.ts <app.ts>`: runs a CDK app. A mistake in a definition is reported in one
 * line instead of a stack trace.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [app = 'infra/app.ts'] = process.argv.slice(2);
if (!existsSync(app)) {
  console.error(`The CDK app ${app} does not exist`);
  process.exit(1);
}
try {
  // ts-node compiles only what is required.
  if (Symbol.for('ts-node.register.instance') in process) createRequire(import.meta.url)(resolve(app));
  else await import(pathToFileURL(resolve(app)).href);
} catch (error) {
  const { name, message, stack = message, code } = error as Error & { code?: string };
  const isMistake = name === 'InvalidDefinition' || name === 'RangeError' || 'errors' in (error as object);
  if (isMistake) console.error(`${name}: ${message}`);
  // The message names the missing module and its importer: the stack has nothing to add.
  else if (code === 'ERR_MODULE_NOT_FOUND') console.error(message);
  else console.error(stack.replaceAll(/\n +at .*\(?node:internal.*/g, ''));
  // Exit at once: otherwise the CDK would synthesize the unfinished app on exit.
  process.exit(1);
}
