/** Finds out which documents the steps read, by loading their bundles in a process of their own. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { STEP_READS, type StepReadNames } from '../core/step-reads.ts';

/** The documents that a step reads, or why its bundle cannot be loaded. */
export type StepReads = StepReadNames | { problem: string };

const TIMEOUT_MS = 20_000;

/** Writes a line for each bundle as soon as it is loaded: one may end the process. */
const SCRIPT = `
import { writeSync } from 'node:fs';
import dgram from 'node:dgram';
import net from 'node:net';
const reject = () => { throw new Error('It uses the network while it is loaded'); };
net.Socket.prototype.connect = dgram.Socket.prototype.send = dgram.Socket.prototype.connect = reject;
process.on('uncaughtException', () => {});
const none = { reads: [], readsIfWritten: [] };
for (const [name, file] of JSON.parse(process.argv[1])) {
  const say = (found) => writeSync(3, JSON.stringify([name, found]) + '\\n');
  try {
    const { handler } = await import(file);
    say(handler?.[Symbol.for('${STEP_READS.description}')] ?? none);
  } catch (error) {
    say({ problem: String(error?.message ?? error) });
  }
}
process.exit();
`;

/**
 * Returns what each step reads, by the name of its bundle in the folder. The process can read the
 * folder, but nothing else, and neither write nor start others. It has no network, and none of the
 * caller's environment: no credentials.
 */
export function readsOfSteps(folder: string, names: readonly string[]): Map<string, StepReads> {
  const found = new Map<string, StepReads>();
  for (let rest = names; rest.length > 0; rest = names.filter((name) => !found.has(name))) {
    for (const [name, reads] of load(folder, rest)) found.set(name, reads);
    const ended = rest.find((name) => !found.has(name));
    if (ended !== undefined) found.set(ended, { problem: 'Its bundle does not load to its end' });
  }
  return found;
}

/** Loads bundles until one ends the process. */
function load(folder: string, names: readonly string[]): [name: string, StepReads][] {
  const bundles = names.map((name) => [name, pathToFileURL(join(folder, name, 'index.mjs')).href]);
  const { output } = spawnSync(
    process.execPath,
    [
      // The local runtime's record of what a synthesis reads knows a program by these.
      ...['--permission', `--allow-fs-read=${folder}`, '--no-warnings', '--input-type=module'],
      ...['--eval', SCRIPT, JSON.stringify(bundles)],
    ],
    {
      cwd: folder,
      env: { AWS_REGION: 'us-east-1', AWS_EC2_METADATA_DISABLED: 'true' },
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    },
  );
  return String(output?.[3] ?? '')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as [string, StepReads]);
}
