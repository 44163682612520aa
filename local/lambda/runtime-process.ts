import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { MAX_RESPONSE_BYTES } from '../common/function-error.ts';
import { COMMANDS_FD, createFrameReader, encodeFrame, MAX_LINE, REPORTS_FD } from './frames.ts';
import type { LambdaFunction } from './function.ts';
import type { Reaper } from './reaper.ts';
import { runtimeCode } from './runtime-code.ts';
import { type InvokeMessage, RuntimeMessage } from './runtime-messages.ts';

/**
 * The end of a process: with an exit status, by a signal (`SIGABRT`), because it used more memory
 * than its function has, or because the operating system could not start it.
 */
export type ProcessEnd =
  | { status: number }
  | { signal: NodeJS.Signals }
  | { outOfMemory: true }
  | { notStarted: Error };

/** The process of an execution environment. */
export type RuntimeProcess = {
  send(message: InvokeMessage): void;
  /** A process that is not busy does not keep this one alive, and its memory is not measured. */
  setBusy(isBusy: boolean): void;
  /** Kills the process and everything it started. Resolves when it has ended. */
  kill(): Promise<void>;
};

/** Receives the events of a process. */
export type RuntimeListener = {
  onMessage(message: RuntimeMessage): void;
  /** A line that did not go through the console: of native code, V8 or a child process. */
  onOutput(level: 'stdout' | 'stderr', text: string): void;
  /** Called once, after everything else. */
  onEnd(end: ProcessEnd): void;
};

/**
 * JSON in JSON: an escaped character of the payload is escaped once more.
 */
const MAX_FRAME_BYTES = 2 * MAX_RESPONSE_BYTES + 65_536;
const MEMORY_CHECK_MS = 50;
/**
 * The size of a semi-space of the heap's young generation. Dozens of processes would fill a larger
 * one before they clear it.
 */
const MAX_SEMI_SPACE_MB = 4;
/**
 * The time for the last output of a process that has ended, and for the end of one that cannot be
 * reached any more.
 */
const GRACE_MS = 1_000;
const IS_POSIX = process.platform !== 'win32';

/**
 * Starts the process that a function runs in: the same Node.js, with only `variables`, in the
 * folder of its bundle. It leads a process group, so that everything the function starts ends with
 * it.
 *
 * A worker thread would start some 30 ms sooner and take as much memory, but it shares its process
 * with the runtime. Its `resourceLimits` do not hold for one large allocation, and an abort ends
 * everything.
 *
 * The heap is limited to nine tenths of the function's memory, as on Lambda. On Linux all anonymous
 * memory (`RssAnon`) is limited to the function's memory, measured every 50 ms while the process is
 * busy.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
 */
export function startRuntimeProcess(
  fn: LambdaFunction,
  variables: Record<string, string>,
  reaper: Reaper,
  { onMessage, onOutput, onEnd }: RuntimeListener,
): RuntimeProcess {
  const spawned = spawnRuntime(fn, variables);
  if (spawned instanceof Error) {
    setImmediate(() => onEnd({ notStarted: spawned }));
    return { send() {}, setBusy() {}, kill: async () => {} };
  }
  const { child, pid, commands, reports, stdout, stderr } = spawned;
  const pipes = [commands, reports, stdout, stderr];
  let outOfMemory = false;
  let memoryCheck: NodeJS.Timeout | undefined;

  const gone = new Promise<void>((resolve) => {
    child.once('exit', (status, signal) => {
      clearInterval(memoryCheck);
      reaper.forget(pid);
      // Processes that the function started may hold its pipes open.
      killGroup(pid);
      const timer = setTimeout(finish, GRACE_MS).unref();
      child.once('close', finish);
      function finish(): void {
        clearTimeout(timer);
        child.off('close', finish);
        if (outOfMemory) onEnd({ outOfMemory });
        else onEnd(signal === null ? { status: status ?? 0 } : { signal });
        resolve();
      }
    });
  });
  const kill = () => {
    child.ref();
    killGroup(pid);
    return gone;
  };

  reaper.watch(pid);
  preferForOomKiller(pid);
  readReports(reports, onMessage, kill);
  readLines(stdout, (text) => onOutput('stdout', text));
  readLines(stderr, (text) => onOutput('stderr', text));
  for (const pipe of pipes) pipe.on('error', () => {});
  reports.once('close', kill);
  // Node.js closes its end while it exits, before the exit status is known.
  commands.once('close', () => setTimeout(kill, GRACE_MS).unref());

  return {
    send: (message) => void commands.write(encodeFrame(message)),
    setBusy(isBusy) {
      clearInterval(memoryCheck);
      for (const each of [child, ...pipes]) isBusy ? each.ref() : each.unref();
      if (!isBusy) return;
      memoryCheck = setInterval(() => {
        if (memoryMbOf(pid) <= fn.memoryMb) return;
        outOfMemory = true;
        void kill();
      }, MEMORY_CHECK_MS).unref();
    },
    kill,
  };
}

/** Returns the Error if no process can start, for example because of too many open files. */
function spawnRuntime(fn: LambdaFunction, variables: Record<string, string>) {
  const flags = [
    `--max-old-space-size=${Math.floor(fn.memoryMb * 0.9)}`,
    `--max-semi-space-size=${MAX_SEMI_SPACE_MB}`,
  ];
  let child: ChildProcess;
  try {
    child = spawn(process.execPath, [...flags, runtimeCode()], {
      cwd: fn.codeDir,
      env: variables,
      detached: IS_POSIX,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    });
  } catch (error) {
    return error as Error;
  }
  const { pid } = child;
  child.on('error', () => {});
  if (pid === undefined) return new Error(`Could not start a process in [${fn.codeDir}]`);
  const [, stdout, stderr] = child.stdio as unknown as Socket[];
  const commands = child.stdio[COMMANDS_FD] as Socket;
  const reports = child.stdio[REPORTS_FD] as Socket;
  return { child, pid, commands, reports, stdout: stdout as Socket, stderr: stderr as Socket };
}

function killGroup(pid: number): void {
  try {
    process.kill(IS_POSIX ? -pid : pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

/** If the machine runs out of memory, a function should end, not the runtime. */
function preferForOomKiller(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, '1000');
  } catch {
    // This platform has no such file, or the process has ended.
  }
}

function memoryMbOf(pid: number): number {
  try {
    return Number(/RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024;
  } catch {
    return 0;
  }
}

function readReports(
  reports: Readable,
  onMessage: (message: RuntimeMessage) => void,
  kill: () => unknown,
): void {
  const read = createFrameReader(MAX_FRAME_BYTES, (message) => onMessage(RuntimeMessage.parse(message)));
  reports.on('data', (chunk: Buffer) => {
    try {
      read(chunk);
    } catch {
      // The function itself has written to the pipe. Nothing that follows can be parsed.
      reports.removeAllListeners('data').resume();
      kill();
    }
  });
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
    if (rest.length < MAX_LINE) return;
    onLine(rest);
    rest = '';
  });
  stream.on('end', () => {
    if (rest !== '') onLine(rest);
  });
}
