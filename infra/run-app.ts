/**
 * Runs a CDK app, `node infra/run-app.ts <app.ts>`, so that a mistake in a definition is one line
 * and not a stack trace.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [app = 'infra/app.ts'] = process.argv.slice(2);
if (!existsSync(app)) {
  console.error(`There is no CDK app ${app}`);
  process.exit(1);
}
try {
  await import(pathToFileURL(resolve(app)).href);
} catch (error) {
  const { name, message, stack = message, code } = error as Error & { code?: string };
  const isMistake = name === 'InvalidDefinition' || name === 'RangeError' || 'errors' in (error as object);
  if (isMistake) console.error(`${name}: ${message}`);
  // What cannot be imported and by whom: the stack has nothing to add.
  else if (code === 'ERR_MODULE_NOT_FOUND') console.error(message);
  else console.error(stack.replaceAll(/\n +at .*\(?node:internal.*/g, ''));
  // At once: on its way out the CDK would synthesize what there is so far.
  process.exit(1);
}
