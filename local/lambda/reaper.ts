import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

/** Kills processes that outlive this one. */
export type Reaper = {
  /** Registers the process group of that leader to end with this process. */
  watch(pid: number): void;
  /** Unregisters a group that has ended. */
  forget(pid: number): void;
  close(): void;
};

/**
 * Reads the list of process groups, one line for each change. When the pipe ends, because its
 * writer has ended, it kills the groups of the last line.
 */
const SCRIPT = `
while read -r line; do groups=$line; done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done`;

/**
 * Creates a shell that kills the remaining process groups when this process ends, in any way. A
 * process notices the end of its parent by itself, but not while it computes without a pause.
 * Windows ends the children of a process with it, and needs no shell.
 */
export function createReaper(): Reaper {
  const groups = new Set<number>();
  let shell: ChildProcess | undefined;

  function update(): void {
    if (process.platform === 'win32') return;
    if (!shell) {
      // In a separate group: a signal from the terminal that ends this process must not end the
      // shell before it has done its work.
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
      update();
    },
    forget(pid) {
      groups.delete(pid);
      update();
    },
    close() {
      shell?.stdin?.end();
    },
  };
}
