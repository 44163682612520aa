import { availableParallelism } from 'node:os';
import type { Environment, Invocation, InvocationEnd } from './environment.ts';

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
 * The execution environments of one function: few, as if it had a reserved concurrency. Further
 * invocations wait in order, where Lambda would throttle them. An environment that is idle for a
 * minute is stopped.
 *
 * Another environment starts when an invocation has waited as long as a cold start takes. Until
 * then a warm one is likely to be available sooner, and on a busy machine each cold start slows
 * down the others.
 */
export class EnvironmentPool {
  readonly #create: (firstRequestId: string) => Environment;
  readonly #environments = new Set<Environment>();
  readonly #idle: { environment: Environment; retirement: NodeJS.Timeout }[] = [];
  readonly #waiting: Job[] = [];
  #coldStartMs = COLD_START_MS;
  #lastStartAt = Number.NEGATIVE_INFINITY;
  #growth: NodeJS.Timeout | undefined;
  #isClosed = false;
  #whenEmpty: (() => void) | undefined;

  constructor(create: (firstRequestId: string) => Environment) {
    this.#create = create;
  }

  /**
   * Runs the invocation in an idle warm environment, or in order once one is available.
   *
   * Rejects with the reason of `signal`. A waiting invocation is then dropped; a running one
   * completes, and its result is discarded.
   */
  run(invocation: Invocation, signal?: AbortSignal): Promise<InvocationEnd> {
    return new Promise((resolve, reject) => {
      const job: Job = {
        invocation,
        addedAt: performance.now(),
        resolve(end) {
          signal?.removeEventListener('abort', abort);
          resolve(end);
        },
      };
      const abort = () => {
        if (this.#waiting.includes(job)) this.#waiting.splice(this.#waiting.indexOf(job), 1);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.push(job);
      this.#startNext();
    });
  }

  /**
   * Stops each environment as soon as no invocation needs it, and resolves when none is left. Call
   * it once there are no further invocations.
   */
  retire(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenEmpty = resolve;
      this.#endUnneeded();
    });
  }

  /** Stops every environment. Each pending invocation ends as `NOT_STARTED`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#growth);
    for (const { retirement } of this.#idle.splice(0)) clearTimeout(retirement);
    for (const job of this.#waiting.splice(0)) job.resolve('NOT_STARTED');
    await Promise.all([...this.#environments].map((environment) => environment.end()));
  }

  #startNext(): void {
    clearTimeout(this.#growth);
    for (let job = this.#waiting[0]; job && !this.#isClosed; job = this.#waiting[0]) {
      const environment = this.#takeIdle() ?? this.#start(job);
      if (!environment) return;
      this.#waiting.shift();
      void this.#runIn(environment, job);
    }
  }

  async #runIn(environment: Environment, job: Job): Promise<void> {
    const end = await environment.run(job.invocation);
    this.#coldStartMs = environment.initMs() ?? this.#coldStartMs;
    if (environment.isAlive()) this.#addIdle(environment);
    else this.#environments.delete(environment);
    if (end === 'NOT_STARTED' && !this.#isClosed) this.#waiting.unshift(job);
    else job.resolve(end);
    this.#startNext();
    this.#endUnneeded();
  }

  #endUnneeded(): void {
    if (!this.#whenEmpty || this.#waiting.length > 0) return;
    for (let idle = this.#takeIdle(); idle; idle = this.#takeIdle()) {
      this.#environments.delete(idle);
      void idle.end();
    }
    if (this.#environments.size === 0) this.#whenEmpty();
  }

  /**
   * Returns a new environment for the job if it has waited long enough. Otherwise the check is
   * repeated later.
   */
  #start({ invocation, addedAt }: Job): Environment | undefined {
    if (this.#environments.size >= MAX_ENVIRONMENTS) return undefined;
    const now = performance.now();
    const waitMs = Math.max(addedAt, this.#lastStartAt) + this.#coldStartMs - now;
    if (this.#environments.size > 0 && waitMs > 0) {
      this.#growth = setTimeout(() => this.#startNext(), waitMs);
      return undefined;
    }
    const environment = this.#create(invocation.requestId);
    this.#environments.add(environment);
    this.#lastStartAt = now;
    return environment;
  }

  #addIdle(environment: Environment): void {
    const retirement = setTimeout(() => {
      this.#idle.splice(this.#idle.indexOf(entry), 1);
      this.#environments.delete(environment);
      void environment.end();
    }, IDLE_MS).unref();
    const entry = { environment, retirement };
    this.#idle.push(entry);
  }

  #takeIdle(): Environment | undefined {
    for (let last = this.#idle.pop(); last; last = this.#idle.pop()) {
      clearTimeout(last.retirement);
      if (last.environment.isAlive()) return last.environment;
      this.#environments.delete(last.environment);
    }
    return undefined;
  }
}
