import { aboutMs } from './backoff.ts';
import type { Clock } from './clock.ts';
import { RequestError } from './errors.ts';
import { Lifetime, sleep } from './lifetime.ts';
import type { ProcessPushes, PushListener } from './process-pushes.ts';
import { isNewer, isTerminal, type ProcessState, type ProcessStep } from './process-state.ts';

/**
 * What can be learned while a process runs.
 *
 * @example
 * const show = (update: ProcessUpdate) =>
 *   console.log(update.kind === 'step' ? update.step.step : update.state.status);
 */
export type ProcessUpdate =
  | { kind: 'state'; state: ProcessState; way: Way }
  | { kind: 'step'; step: ProcessStep };

/**
 * By which way a state reached the client first: the answer of the start, a push, or a fetch: at the first acknowledgement of the
 * subscription (or where there is none), after a reconnect, or of the safety poll.
 *
 * @example
 * const counts = new Map<Way, number>();
 */
export type Way = 'start' | 'push' | 'ack' | 'reconnect' | 'poll';

/** One call that follows a process. */
export type FeedListener = {
  /** Whether steps are wanted besides states. */
  steps: boolean;
  /** Versions of states only rise; a terminal state is the last update. Must not throw. */
  onUpdate(update: ProcessUpdate): void;
  /** The API refuses to say more; nothing comes after it. */
  onFailure(error: unknown): void;
};

/**
 * How the client learns of changes; the results are the same.
 *
 * - `auto`: pushes, made safe by fetches; while no pushes can come (a proxy, no `WebSocket`), polling: after 1 s, then
 *   more seldom, down to every 10 s.
 * - `subscription`: the same, but without the faster polling while the connection is down.
 * - `polling`: no WebSocket at all. Gives states only, whose `stepsDone` shows the progress.
 *
 * @example
 * client.watch(processId, { via: 'polling' });
 */
export type Via = 'auto' | 'subscription' | 'polling';

/** What the feeds of a client share. */
export type FeedContext = {
  /** Rejects with a retryable {@link RequestError} for what may pass. */
  fetchState(processId: string, lifetime: Lifetime): Promise<ProcessState>;
  /** Undefined where there is no WebSocket. */
  pushes: { states: ProcessPushes<ProcessState>; steps: ProcessPushes<ProcessStep> } | undefined;
  clock: Clock;
  onEnd(feed: ProcessFeed): void;
};

/**
 * A push may get lost even after the acknowledgement, so the fetch that follows one is repeated after 2 s, and then after
 * 5 s, 12 s, 31 s and so on.
 */
const SAFETY_PACE = { firstMs: 2_000, factor: 2.5, longestMs: 60_000 };
/** While polling is all there is. */
const POLLING_PACE = { firstMs: 1_000, factor: 1.5, longestMs: 10_000 };
/** How long a start waits for the subscription at most: where WebSockets hang, work goes on without them. */
const READY_WITHIN_MS = 3_000;

/**
 * Follows one process for all calls that wait for it, by pushes and by fetches, until it ends or nobody listens.
 *
 * Nothing is delivered before one fetched state is known: a push alone may be a late one, from before a redrive. From
 * then on, whatever tells more than what is held is delivered, wherever it came from.
 *
 * It fetches when it begins, at every acknowledgement of the subscription, about 2 s after that, and then after 5 s,
 * slowing down to every 60 s; see {@link Via} for while no pushes can come.
 */
export class ProcessFeed {
  readonly processId: string;
  readonly via: Via;
  readonly #context: FeedContext;
  readonly #listeners = new Set<FeedListener>();
  readonly #lifetime = new Lifetime();
  /** The newest state, and how it came. */
  #newest: { kind: 'state'; state: ProcessState; way: Way } | undefined;
  /** Why the fetch that is on its way, or comes next, is made. */
  #reason: Way = 'ack';
  #acks = 0;
  /** Whether a state has come otherwise than by a push, so that the listeners may be told. */
  #confirmed = false;
  #live = false;
  /** A fetch is on its way, or, before the feed has begun, not allowed yet. */
  #fetching = true;
  #fetchAgain = false;
  #polls = 0;
  #cancelPoll = () => {};
  #followsSteps = false;
  /** Each resolves when its subscription is acknowledged or refused. */
  readonly #answers: Promise<void>[] = [];

  constructor(processId: string, via: Via, context: FeedContext) {
    this.processId = processId;
    this.via = via;
    this.#context = context;
    this.#subscribe(context.pushes?.states, {
      onAck: () => {
        this.#live = true;
        this.#polls = 0;
        this.fetchNow(this.#acks++ === 0 ? 'ack' : 'reconnect');
      },
      onDown: () => {
        if (!this.#live) return;
        this.#live = false;
        this.#polls = 0;
        if (!this.#fetching) this.#schedule();
      },
      onPush: (state) => {
        if (state) this.#take(state, 'push');
        else this.fetchNow('poll');
      },
    });
  }

  /** Resolves when the subscriptions are acknowledged, or it is not worth waiting for them any longer. */
  async ready(): Promise<void> {
    const tooLong = sleep(READY_WITHIN_MS, this.#lifetime, this.#context.clock);
    await Promise.race([Promise.all(this.#answers), tooLong]);
  }

  /** Begins to deliver and to fetch; with the state that a start has answered with, delivers that at once. */
  begin(started?: ProcessState): void {
    this.#fetching = false;
    if (started) this.#take(started, 'start');
    this.fetchNow('ack');
  }

  /** Adds a listener, which is told at once what is known; returns a function that takes it off again. */
  join(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    if (listener.steps && !this.#followsSteps) this.#followSteps();
    if (this.#newest && this.#confirmed) listener.onUpdate(this.#newest);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#end();
    };
  }

  /** Asks for the state, again after an answer that is already on its way, since that may be older than now. */
  fetchNow(reason: Way): void {
    this.#cancelPoll();
    this.#reason = reason;
    this.#fetchAgain = this.#fetching;
    if (!this.#fetching) void this.#fetch();
  }

  async #fetch(): Promise<void> {
    this.#fetching = true;
    const reason = this.#reason;
    try {
      const state = await this.#context.fetchState(this.processId, this.#lifetime);
      if (!this.#lifetime.ended) this.#take(state, reason);
    } catch (error) {
      if (!this.#lifetime.ended && !(error instanceof RequestError && error.retryable)) this.#fail(error);
    }
    this.#fetching = false;
    if (this.#fetchAgain) this.fetchNow(this.#reason);
    else this.#schedule();
  }

  #schedule(): void {
    if (this.#lifetime.ended) return;
    const pace = this.#live || this.via === 'subscription' ? SAFETY_PACE : POLLING_PACE;
    const pauseMs = Math.min(pace.firstMs * pace.factor ** this.#polls, pace.longestMs);
    this.#polls += 1;
    this.#cancelPoll();
    this.#cancelPoll = this.#context.clock.after(aboutMs(pauseMs), () => this.fetchNow('poll'));
  }

  #take(state: ProcessState, way: Way): void {
    const isFirst = !this.#confirmed && way !== 'push';
    this.#confirmed ||= isFirst;
    if (isNewer(state, this.#newest?.state)) this.#newest = { kind: 'state', state, way };
    else if (!isFirst) return;
    if (!this.#newest || !this.#confirmed) return;
    this.#deliver(this.#newest);
    if (isTerminal(this.#newest.state)) this.#end();
  }

  #followSteps(): void {
    const seen = new Set<string>();
    this.#followsSteps = true;
    this.#subscribe(this.#context.pushes?.steps, {
      onPush: (step) => {
        const key = `${step?.step} ${step?.writtenAt}`;
        if (!step || seen.has(key)) return;
        seen.add(key);
        this.#deliver({ kind: 'step', step });
      },
    });
  }

  #subscribe<Push>(pushes: ProcessPushes<Push> | undefined, listener: PushListener<Push>): void {
    if (!pushes || this.via === 'polling') return;
    const { answered, stop } = pushes.follow(this.processId, listener);
    this.#answers.push(answered);
    this.#lifetime.onEnd(stop);
  }

  #deliver(update: ProcessUpdate): void {
    for (const listener of [...this.#listeners]) listener.onUpdate(update);
  }

  #fail(error: unknown): void {
    for (const listener of [...this.#listeners]) listener.onFailure(error);
    this.#end();
  }

  /** Stops all traffic for this process. */
  #end(): void {
    if (this.#lifetime.ended) return;
    this.#cancelPoll();
    this.#listeners.clear();
    this.#context.onEnd(this);
    this.#lifetime.end();
  }
}
