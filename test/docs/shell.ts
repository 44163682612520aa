import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';

/** A terminal of a reader: a shell in a folder, and a program that serves in the background. */
export type Terminal = AsyncDisposable & {
  /** All that was printed so far. */
  printed(): string;
  /** Runs commands in the shell. Rejects as soon as one fails. */
  run(commands: string): Promise<void>;
  /** Starts a program in place of the one before, and resolves when it prints that it is ready. */
  serve(command: string): Promise<void>;
};

/** Opens a terminal in a folder. */
export function openTerminal(cwd: string, env: NodeJS.ProcessEnv): Terminal {
  let printed = '';
  let server: ChildProcess | undefined;

  function start(args: string[]) {
    const child = spawn('bash', args, { cwd, env, detached: true });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
      });
    }
    return child;
  }

  /** Resolves when the program has printed the text, rejects when it ends without. */
  function hasPrinted(child: ReturnType<typeof start>, text: string, from: number): Promise<void> {
    return new Promise((resolve, reject) => {
      function check() {
        if (!printed.includes(text, from)) return;
        child.stdout.off('data', check);
        child.off('close', fail);
        resolve();
      }
      function fail(code: number | null) {
        reject(new Error(`The command ended with ${code}:\n${printed.slice(from)}`));
      }
      child.stdout.on('data', check);
      child.once('close', fail);
      check();
    });
  }

  async function stop(child: ChildProcess | undefined): Promise<void> {
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'close');
    // The whole group: npm starts the program in another shell.
    process.kill(-child.pid, 'SIGTERM');
    await ended;
  }

  const shell = start(['-o', 'pipefail', '-e']);

  return {
    printed: () => printed,
    async run(commands) {
      const end = randomUUID();
      const from = printed.length;
      shell.stdin.write(`${commands}\necho ${end}\n`);
      await hasPrinted(shell, end, from);
      printed = printed.replace(`${end}\n`, '');
    },
    async serve(command) {
      await stop(server);
      const started = start(['-c', command]);
      server = started;
      await hasPrinted(started, 'is ready', printed.length);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([stop(server), stop(shell)]);
    },
  };
}
