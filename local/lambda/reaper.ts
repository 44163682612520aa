import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/** Ends processes that have outlived this one. */
export type Reaper = {
  /** From now on the process group of that leader ends with this process. */
  watch(pid: number): void;
  /** The group has ended. */
  forget(pid: number): void;
  close(): void;
};

/**
 * Reads the list of process groups, a line for each change; kills those of the last line when the
 * pipe ends, which is when its writer does.
 */
const SCRIPT = `
while read -r line; do groups=$line; done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done`;

/**
 * A shell that kills what is left of the watched process groups when this process ends, however it
 * ends: a process notices the end of its parent by itself, but not while it computes without a
 * pause. Windows ends the children of a process with it, and needs none.
 */
export function createReaper(): Reaper {
  const groups = new Set<number>();
  let shell: ChildProcess | undefined;

  function tell(): void {
    if (process.platform === 'win32') return;
    if (!shell) {
      // A group of its own: what ends this process from the terminal must not end the shell before
      // it has done its work.
      shell = spawn('/bin/sh', ['-c', SCRIPT], {
        detached: true,
        stdio: ['pipe', 'ignore', 'ignore'],
        env: {},
      });
      shell.on('error', () => {});
      shell.stdin?.on('error', () => {});
      shell.unref();
      (shell.stdin as Socket | null)?.unref();
    }
    shell.stdin?.write(`${[...groups].join(' ')}\n`);
  }

  return {
    watch(pid) {
      groups.add(pid);
      tell();
    },
    forget(pid) {
      groups.delete(pid);
      tell();
    },
    close() {
      shell?.stdin?.end();
    },
  };
}
