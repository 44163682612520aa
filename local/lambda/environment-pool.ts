import type { Environment, Invocation, InvocationEnd } from './environment.ts';

/** The execution environments of one function. */
export type EnvironmentPool = {
  /**
   * Runs the invocation in a warm environment if one is idle, else in a new one, else when its turn comes.
   *
   * Rejects with the reason of `signal`: an invocation that waits is then forgotten, one that runs goes on to its end unheard.
   */
  run(invocation: Invocation, signal?: AbortSignal): Promise<InvocationEnd>;
  /** Stops every environment; each invocation under way ends as `NOT_STARTED`. */
  close(): Promise<void>;
};

type Job = { invocation: Invocation; resolve(end: InvocationEnd): void };

const MAX_ENVIRONMENTS = 4;
const IDLE_MS = 60_000;

/**
 * Keeps at most four environments, as if the function had a reserved concurrency of four, but lets further invocations wait in order
 * where Lambda would throttle them. One that is idle for a minute is stopped.
 */
export function createEnvironmentPool(create: (firstRequestId: string) => Environment): EnvironmentPool {
  const environments = new Set<Environment>();
  const idle: { environment: Environment; retirement: NodeJS.Timeout }[] = [];
  const waiting: Job[] = [];
  let isClosed = false;

  function startNext(): void {
    for (let job = waiting[0]; job && !isClosed; job = waiting[0]) {
      const environment = takeIdle() ?? start(job.invocation);
      if (!environment) return;
      waiting.shift();
      void runIn(environment, job);
    }
  }

  async function runIn(environment: Environment, job: Job): Promise<void> {
    const end = await environment.run(job.invocation);
    if (environment.isAlive()) keep(environment);
    else environments.delete(environment);
    if (end === 'NOT_STARTED' && !isClosed) waiting.unshift(job);
    else job.resolve(end);
    startNext();
  }

  function start({ requestId }: Invocation): Environment | undefined {
    if (environments.size >= MAX_ENVIRONMENTS) return undefined;
    const environment = create(requestId);
    environments.add(environment);
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
      for (const { retirement } of idle.splice(0)) clearTimeout(retirement);
      for (const job of waiting.splice(0)) job.resolve('NOT_STARTED');
      await Promise.all([...environments].map((environment) => environment.end()));
    },
  };
}
