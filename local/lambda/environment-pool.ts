import { availableParallelism } from 'node:os';
import type { Environment, Invocation, InvocationEnd } from './environment.ts';

/** The execution environments of one function. */
export type EnvironmentPool = {
  /**
   * Runs the invocation in an idle warm environment, or in order once one is available.
   *
   * Rejects with the reason of `signal`. A waiting invocation is then dropped; a running one
   * completes, and its result is discarded.
   */
  run(invocation: Invocation, signal?: AbortSignal): Promise<InvocationEnd>;
  /** Stops every environment. Each pending invocation ends as `NOT_STARTED`. */
  close(): Promise<void>;
};

type Job = { invocation: Invocation; addedAt: number; resolve(end: InvocationEnd): void };

/**
 * Functions wait more than they compute, so several can share a core. More environments would only
 * compete for memory.
 */
export const MAX_ENVIRONMENTS = Math.max(4, availableParallelism());
/** The assumed duration of a cold start until one was measured. */
export const COLD_START_MS = 200;
const IDLE_MS = 60_000;

/**
 * Creates a pool of few environments, as if the function had a reserved concurrency. Further
 * invocations wait in order, where Lambda would throttle them. An environment that is idle for a
 * minute is stopped.
 *
 * Another environment starts when an invocation has waited as long as a cold start takes. Until
 * then a warm one is likely to be available sooner, and on a busy machine each cold start slows
 * down the others.
 */
export function createEnvironmentPool(create: (firstRequestId: string) => Environment): EnvironmentPool {
  const environments = new Set<Environment>();
  const idle: { environment: Environment; retirement: NodeJS.Timeout }[] = [];
  const waiting: Job[] = [];
  let coldStartMs = COLD_START_MS;
  let lastStartAt = Number.NEGATIVE_INFINITY;
  let growth: NodeJS.Timeout | undefined;
  let isClosed = false;

  function startNext(): void {
    clearTimeout(growth);
    for (let job = waiting[0]; job && !isClosed; job = waiting[0]) {
      const environment = takeIdle() ?? start(job);
      if (!environment) return;
      waiting.shift();
      void runIn(environment, job);
    }
  }

  async function runIn(environment: Environment, job: Job): Promise<void> {
    const end = await environment.run(job.invocation);
    coldStartMs = environment.initMs() ?? coldStartMs;
    if (environment.isAlive()) addIdle(environment);
    else environments.delete(environment);
    if (end === 'NOT_STARTED' && !isClosed) waiting.unshift(job);
    else job.resolve(end);
    startNext();
  }

  /**
   * Returns a new environment for the job if it has waited long enough. Otherwise the check is
   * repeated later.
   */
  function start({ invocation, addedAt }: Job): Environment | undefined {
    if (environments.size >= MAX_ENVIRONMENTS) return undefined;
    const now = performance.now();
    const waitMs = Math.max(addedAt, lastStartAt) + coldStartMs - now;
    if (environments.size > 0 && waitMs > 0) {
      growth = setTimeout(startNext, waitMs);
      return undefined;
    }
    const environment = create(invocation.requestId);
    environments.add(environment);
    lastStartAt = now;
    return environment;
  }

  function addIdle(environment: Environment): void {
    const retirement = setTimeout(() => {
      idle.splice(idle.indexOf(entry), 1);
      environments.delete(environment);
      void environment.end();
    }, IDLE_MS).unref();
    const entry = { environment, retirement };
    idle.push(entry);
  }

  function takeIdle(): Environment | undefined {
    for (let last = idle.pop(); last; last = idle.pop()) {
      clearTimeout(last.retirement);
      if (last.environment.isAlive()) return last.environment;
      environments.delete(last.environment);
    }
    return undefined;
  }

  return {
    run(invocation, signal) {
      return new Promise((resolve, reject) => {
        const job: Job = {
          invocation,
          addedAt: performance.now(),
          resolve(end) {
            signal?.removeEventListener('abort', abort);
            resolve(end);
          },
        };
        function abort(): void {
          if (waiting.includes(job)) waiting.splice(waiting.indexOf(job), 1);
          reject(signal?.reason);
        }
        signal?.addEventListener('abort', abort, { once: true });
        waiting.push(job);
        startNext();
      });
    },
    async close() {
      isClosed = true;
      clearTimeout(growth);
      for (const { retirement } of idle.splice(0)) clearTimeout(retirement);
      for (const job of waiting.splice(0)) job.resolve('NOT_STARTED');
      await Promise.all([...environments].map((environment) => environment.end()));
    },
  };
}
