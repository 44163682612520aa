/**
 * `npm run demo`: starts the local runtime on a free port, runs one order from the command line
 * with live progress, prints its output, and exits.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Command } from 'commander';
import { CLIENT_OUTPUTS, pick } from '../core/output-names.ts';
import { writePrivateFile } from '../local/common/private-files.ts';
import { StartError, startLocal } from '../local/index.ts';
import { makeTemporaryFolder, parseCommandLine, systemErrorLine } from './command-line.ts';

const root = join(import.meta.dirname, '..');
await parseCommandLine(
  new Command('npm run demo --').description(
    'Runs one order on a local runtime, prints its output, and exits.',
  ),
);
const folder = makeTemporaryFolder('facade-demo-');
// The command line receives Ctrl-C too and exits by itself. This process exits after it.
process.on('SIGINT', () => {});

try {
  const runtime = await startLocal({
    app: join(root, 'infra/app.ts'),
    port: 0,
    dataDir: folder,
    onProgress: (line) => console.error(line),
  });
  const outputs = join(folder, 'outputs.json');
  writePrivateFile(outputs, JSON.stringify(pick(runtime.outputs, CLIENT_OUTPUTS)));
  process.exitCode = await runOrder(outputs);
  await runtime.close();
} catch (error) {
  console.error(
    error instanceof StartError ? `${error.name}: ${error.message}` : (systemErrorLine(error) ?? error),
  );
  process.exitCode = 1;
}

function runOrder(outputs: string): Promise<number> {
  const args = [
    'start',
    'order',
    '--input',
    join(root, 'examples/order.json'),
    '--watch',
    '--outputs',
    outputs,
  ];
  const child = spawn(process.execPath, [join(root, 'cli/process-facade.ts'), ...args], { stdio: 'inherit' });
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => done(code ?? 1));
  });
}
