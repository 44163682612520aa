/**
 * `node local/template/run-app.ts <app.ts>`: runs a CDK app. A mistake in a definition is reported
 * in one line instead of a stack trace.
 *
 * Without an argument it waits for the local runtime to say what to run ({@link RunMessage}), and
 * records what the app reads.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Reads, recordReads } from './record-reads.ts';

/** What the local runtime sends: packages to load in advance, and later the app to run. */
export type RunMessage =
  | { packages: Reads['packages'] }
  | {
      app: string;
      /** The environment variables with which the CDK's command line runs apps. */
      environment: { CDK_OUTDIR: string; CDK_CONTEXT_JSON: string };
      /** The file to which the {@link Reads} are written. */
      readsFile: string;
    };

const [app] = process.argv.slice(2);
if (app !== undefined) await run(app);
else process.on('message', (message: RunMessage) => void receive(message));

async function receive(message: RunMessage): Promise<void> {
  if ('packages' in message) {
    for (const { url, isRequired } of message.packages)
      await load(fileURLToPath(url), isRequired).catch(() => {});
    return;
  }
  Object.assign(process.env, message.environment);
  const reads = recordReads(message.environment.CDK_OUTDIR);
  process.once('exit', () => writeFileSync(message.readsFile, JSON.stringify(reads())));
  // An app is synthesized when its process has nothing left to do.
  process.disconnect();
  await run(message.app);
}

async function run(file: string): Promise<void> {
  if (!existsSync(file)) {
    console.error(`The CDK app ${file} does not exist`);
    process.exit(1);
  }
  try {
    // ts-node compiles only what is required.
    await load(resolve(file), Symbol.for('ts-node.register.instance') in process);
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
}

async function load(file: string, isRequired: boolean): Promise<void> {
  if (isRequired) createRequire(import.meta.url)(file);
  else await import(pathToFileURL(file).href);
}
