/**
 * Runs a CDK app, `node infra/run-app.ts <app.ts>`, so that a mistake in a definition is one line and not a stack trace.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [app = 'infra/app.ts'] = process.argv.slice(2);
try {
  await import(pathToFileURL(resolve(app)).href);
} catch (error) {
  const { name, message, stack } = error as Error;
  const isMistake = name === 'InvalidDefinition' || name === 'RangeError' || 'errors' in (error as object);
  console.error(isMistake ? `${name}: ${message}` : stack);
  // At once: on its way out the CDK would synthesize what there is so far.
  process.exit(1);
}
