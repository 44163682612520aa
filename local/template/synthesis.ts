/**
 * Runs a CDK app in a process of its own: the CDK takes some 150 MB, and an app that changes has to
 * be loaded again.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { IS_REPOSITORY, packageFile } from '../../core/package-root.ts';
import { type Inputs, inputsOf } from './inputs.ts';
import type { Reads } from './record-reads.ts';
import type { RunMessage } from './run-app.ts';

const NO_READS: Omit<Reads, 'startedMs'> = {
  files: [],
  folders: [],
  moduleFolders: [],
  ranPrograms: false,
  packages: [],
};

/** Runs the app, which writes its assembly into the folder. `failure` is what it has printed. */
export async function runApp(
  app: string,
  outputFolder: string,
): Promise<{ inputs: Inputs; failure: string | undefined }> {
  const runner = packageFile(IS_REPOSITORY ? 'local/template/run-app.ts' : 'dist/run-app.js');
  const readsFile = `${outputFolder}.reads.json`;
  const startedMs = Date.now();
  const child = spawn(process.execPath, [...loaderFlags(app), runner], {
    env: { ...process.env, CDK_VALIDATION: 'false' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const closed = new Promise<number | null>((done, fail) => child.once('error', fail).once('close', done));
  const message: RunMessage = {
    app,
    readsFile,
    environment: { CDK_OUTDIR: outputFolder, CDK_CONTEXT_JSON: contextJson() },
  };
  // An error is that of a process that has ended, which `closed` tells.
  child.send(message, () => {});
  const code = await closed;
  const reads = existsSync(readsFile)
    ? (JSON.parse(readFileSync(readsFile, 'utf8')) as Reads)
    : { ...NO_READS, startedMs };
  rmSync(readsFile, { force: true });
  return {
    inputs: inputsOf(app, reads),
    failure: code === 0 ? undefined : errors.trim(),
  };
}

/** Returns the context of cdk.json and cdk.context.json, as the CDK's command line passes it on. */
function contextJson(): string {
  const { context } = readJson('cdk.json') as { context?: object };
  const given = JSON.parse(process.env.CDK_CONTEXT_JSON ?? '{}') as object;
  return JSON.stringify({ ...context, ...readJson('cdk.context.json'), ...given });
}

/** An app that needs a file which is missing or not valid says so itself. */
function readJson(file: string): object {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}

/**
 * Returns the flags with which Node loads the app: those of tsx or ts-node if the project has them,
 * as an app made by `cdk init` does. Without either, Node strips the types itself.
 */
function loaderFlags(app: string): string[] {
  if (!/\.[mc]?tsx?$/.test(app)) return [];
  const { resolve: find } = createRequire(resolve(app));
  for (const [name, flag] of [
    ['tsx', '--import'],
    ['ts-node/register', '--require'],
  ] as const) {
    try {
      const loader = find(name);
      return [flag, flag === '--import' ? pathToFileURL(loader).href : loader];
    } catch {
      // The project does not have it.
    }
  }
  return [];
}
