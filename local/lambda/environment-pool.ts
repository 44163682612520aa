import { availableParallelism } from 'node:os';
import type { Environment, Invocation, InvocationEnd } from './environment.ts';

/** The execution environments of one function. */
export type EnvironmentPool = {
  /**
   * Runs the invocation in a warm environment if one is idle, else when its turn comes.
   *
   * Rejects with the reason of `signal`: an invocation that waits is then forgotten, one that runs
   * goes on to its end unheard.
   */
  run(invocation: Invocation, signal?: AbortSignal): Promise<InvocationEnd>;
  /** Stops every environment; each invocation under way ends as `NOT_STARTED`. */
  close(): Promise<void>;
};

type Job = { invocation: Invocation; addedAt: number; resolve(end: InvocationEnd): void };

/**
 * Functions wait more than they compute, so a few may share a core; more environments only take
 * memory from each other.
 */
export const MAX_ENVIRONMENTS = Math.max(4, availableParallelism());
/** How long a cold start is taken to last until one has been seen. */
export const COLD_START_MS = 200;
const IDLE_MS = 60_000;

/**
 * Keeps few environments, as if the function had a reserved concurrency, but lets further
 * invocations wait in order where Lambda would throttle them. One that is idle for a minute is
 * stopped.
 *
 * It starts another one when an invocation has waited for as long as a cold start takes: until
 * then, a warm environment is likely to be free sooner, and on a busy machine each cold start makes
 * all others slower.
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
    if (environment.isAlive()) keep(environment);
    else environments.delete(environment);
    if (end === 'NOT_STARTED' && !isClosed) waiting.unshift(job);
    else job.resolve(end);
    startNext();
  }

  /**
   * A new environment for the job, where it has waited for long enough; otherwise it is looked at
   * again when it has.
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

  function keep(environment: Environment): void {
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
