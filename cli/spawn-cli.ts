import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** The exit code and output of a command. */
export type CliEnd = { code: number | null; stdout: string; errors: string[] };

/** A running command, for tests. */
type CliRun = {
  ended: Promise<CliEnd>;
  /** Resolves when the pattern has been seen on stderr. */
  seen(pattern: RegExp): Promise<void>;
  /** Sends the signal of Ctrl-C. */
  interrupt(): void;
  /** Stops reading stdout, as `head` does. */
  closeStdout(): void;
};

const ROOT = join(import.meta.dirname, '..');

/**
 * Runs the command line as `npm run process` does, in a child process, with the given text on
 * stdin.
 */
export function spawnCli(args: string[], { cwd = ROOT, stdin = '' } = {}): CliRun {
  const preload = ['--import', join(ROOT, 'require-node-24.js')];
  const child = spawn(process.execPath, [...preload, join(ROOT, 'cli/process-facade.ts'), ...args], { cwd });
  child.stdin.end(stdin);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    stderr += part;
  });
  async function end(): Promise<CliEnd> {
    const [[code], stdout] = await Promise.all([once(child, 'close'), text(child.stdout).catch(() => '')]);
    return { code, stdout, errors: stderr.split('\n').filter((line) => line !== '') };
  }
  return {
    ended: end(),
    async seen(pattern) {
      while (!pattern.test(stderr)) {
        if (child.stderr.readableEnded) throw new Error(`Expected ${pattern} on stderr, got [${stderr}]`);
        await Promise.race([once(child.stderr, 'data'), once(child.stderr, 'end')]);
      }
    },
    interrupt: () => child.kill('SIGINT'),
    closeStdout: () => child.stdout.destroy(),
  };
}

/** Runs a command until it exits. */
export function runCli(args: string[], options: { cwd?: string; stdin?: string } = {}): Promise<CliEnd> {
  return spawnCli(args, options).ended;
}
