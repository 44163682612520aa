import type { ProcessState, ProcessStep } from './api-types.ts';
import { withJitter } from './backoff.ts';
import type { Clock } from './clock.ts';
import { RequestError } from './errors.ts';
import { Lifetime, sleep } from './lifetime.ts';
import type { ProcessPushes, PushListener } from './process-pushes.ts';
import { isNewer, isTerminal } from './process-state.ts';
import { createStepListing, type StepListing, type WrittenStep, type WrittenSteps } from './step-listing.ts';

/**
 * An update of a followed process.
 *
 * @example
 * const show = (update: ProcessUpdate) =>
 *   console.log(update.kind === 'step' ? update.step.step : update.state.status);
 */
export type ProcessUpdate<State extends ProcessState = ProcessState> =
  | { kind: 'state'; state: State; source: UpdateSource }
  | { kind: 'step'; step: ProcessStep };

/**
 * How a state first reached the client.
 *
 * - `start`: in the response to the start.
 * - `call`: in the response to another call of the client.
 * - `push`: by subscription.
 * - `ack`: fetched at the first acknowledgement of the subscription, or without a subscription.
 * - `reconnect`: fetched after a reconnect.
 * - `poll`: fetched by the safety poll.
 *
 * @example
 * const counts = new Map<UpdateSource, number>();
 */
export type UpdateSource = 'start' | 'call' | 'push' | 'ack' | 'reconnect' | 'poll';

/** A call that follows a process. */
export type FeedListener = {
  /** Whether the call needs steps in addition to states. */
  steps: boolean;
  /**
   * Versions only increase, each document comes once, and a terminal state is the last update. Must
   * not throw.
   */
  onUpdate(update: ProcessUpdate): void;
  /** Called if the API rejects a request; no update follows. */
  onFailure(error: unknown): void;
};

/**
 * How the client learns of changes; the results are the same.
 *
 * - `auto`: pushes and safety polls. While pushes are not possible (a proxy, no `WebSocket`), it
 *   polls after 1 s, then less often, down to every 10 s.
 * - `subscription`: like `auto`, without the faster polling while the connection is down.
 * - `polling`: no WebSocket.
 *
 * @example
 * client.watch(processId, { via: 'polling' });
 */
export type Via = 'auto' | 'subscription' | 'polling';

/** Shared by the feeds of a client. */
export type FeedContext = {
  /** Rejects with a retryable {@link RequestError} for temporary failures. */
  fetchState(processId: string, lifetime: Lifetime): Promise<ProcessState>;
  /** Rejects like `fetchState`. */
  fetchSteps(processId: string, nextToken: string | undefined, lifetime: Lifetime): Promise<WrittenSteps>;
  /** Undefined without a WebSocket. */
  pushes: { states: ProcessPushes<ProcessState>; steps: ProcessPushes<{ processId: string }> } | undefined;
  clock: Clock;
  /** Called when the feed accepts no more listeners; may be called twice. */
  onEnd(feed: ProcessFeed): void;
};

/**
 * A push may be lost even after the acknowledgement, so the fetch is repeated after 2 s, then after
 * 5 s, 12 s, 31 s and so on.
 */
const SAFETY_PACE = { firstMs: 2_000, factor: 2.5, maxMs: 60_000 };
/** Pace while only polling is possible. */
const POLLING_PACE = { firstMs: 1_000, factor: 1.5, maxMs: 10_000 };
/**
 * Maximum time that a start waits for the subscription. If WebSockets hang, it proceeds without.
 */
const READY_TIMEOUT_MS = 3_000;

const wantsSteps = ({ steps }: FeedListener) => steps;
const anyListener = (_: FeedListener) => true;

/**
 * Follows one process for all calls that wait for it, by pushes and fetches, until it ends or has
 * no listeners.
 *
 * Nothing is delivered before a state has been fetched: a push alone may be late, from before a
 * redrive. From then on, every state that is newer than the current one is delivered, whatever its
 * source.
 *
 * If a listener needs steps, they are listed after each fetch of the state, when a push signals a
 * new one, and a last time before the terminal state is delivered.
 *
 * States are fetched at the beginning, at every acknowledgement of the subscription, about 2 s
 * after that, then after 5 s, slowing down to every 60 s. {@link Via} describes polling without
 * pushes.
 */
export class ProcessFeed {
  readonly processId: string;
  readonly via: Via;
  readonly #context: FeedContext;
  readonly #listeners = new Set<FeedListener>();
  readonly #lifetime = new Lifetime();
  /** The newest state and its source. */
  #newest: { kind: 'state'; state: ProcessState; source: UpdateSource } | undefined;
  /** Reason of the current or next fetch. */
  #reason: UpdateSource = 'ack';
  #acks = 0;
  /** Whether a state has been fetched, so that listeners can be notified. */
  #confirmed = false;
  #live = false;
  /** A fetch is in progress; or, before the feed has begun, not allowed yet. */
  #fetching = true;
  #fetchAgain = false;
  #polls = 0;
  #cancelPoll = () => {};
  #steps: StepListing | undefined;
  /** The terminal state is known. Listeners with steps receive it after the last steps. */
  #ending = false;
  /** Each resolves when its subscription is acknowledged or rejected. */
  readonly #subscribed: Promise<void>[] = [];

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

  /** Resolves when the subscriptions are acknowledged or rejected, or after a timeout. */
  async ready(): Promise<void> {
    const tooLong = sleep(READY_TIMEOUT_MS, this.#lifetime, this.#context.clock);
    await Promise.race([Promise.all(this.#subscribed), tooLong]);
  }

  /** Begins to deliver and to fetch. A state from a start is delivered immediately. */
  begin(started?: ProcessState): void {
    this.#fetching = false;
    if (started) this.#take(started, 'start');
    this.fetchNow('ack');
  }

  /**
   * Accepts a state that another call of the client has returned, so that no listener is behind.
   */
  learn(state: ProcessState): void {
    this.#take(state, 'call');
  }

  /** Adds a listener, which immediately receives what is known. Returns a function to remove it. */
  join(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    if (this.#newest && this.#confirmed) listener.onUpdate(this.#newest);
    if (listener.steps) this.#joinSteps(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#end();
    };
  }

  /**
   * Fetches the state. If a fetch is in progress, repeats it, because its response may be older.
   */
  fetchNow(reason: UpdateSource): void {
    if (this.#ending) return;
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
      this.#listSteps();
    } catch (error) {
      const isTemporary = error instanceof RequestError && error.retryable;
      if (!this.#lifetime.ended && !this.#ending && !isTemporary) this.#fail(error);
    }
    this.#fetching = false;
    if (this.#fetchAgain) this.fetchNow(this.#reason);
    else this.#schedule();
  }

  #schedule(): void {
    if (this.#lifetime.ended || this.#ending) return;
    const pace = this.#live || this.via === 'subscription' ? SAFETY_PACE : POLLING_PACE;
    const pauseMs = Math.min(pace.firstMs * pace.factor ** this.#polls, pace.maxMs);
    this.#polls += 1;
    this.#cancelPoll();
    this.#cancelPoll = this.#context.clock.after(withJitter(pauseMs), () => this.fetchNow('poll'));
  }

  #take(state: ProcessState, source: UpdateSource): void {
    if (this.#ending) return;
    // Like a push, the response to an earlier call may be from before a redrive.
    const isFirst = !this.#confirmed && source !== 'push' && source !== 'call';
    this.#confirmed ||= isFirst;
    if (isNewer(state, this.#newest?.state)) this.#newest = { kind: 'state', state, source };
    else if (!isFirst) return;
    if (!this.#newest || !this.#confirmed) return;
    if (isTerminal(this.#newest.state)) void this.#finish(this.#newest);
    else this.#deliver(this.#newest);
  }

  async #finish(last: ProcessUpdate): Promise<void> {
    this.#ending = true;
    this.#cancelPoll();
    // No more listeners may join: a call during the last listing may be from after a redrive.
    this.#context.onEnd(this);
    this.#deliver(last, (listener) => !listener.steps);
    try {
      if ([...this.#listeners].some(wantsSteps)) await this.#steps?.finish();
    } catch (error) {
      this.#fail(error, wantsSteps);
    }
    this.#deliver(last, wantsSteps);
    this.#end();
  }

  #joinSteps(listener: FeedListener): void {
    for (const step of this.#steps?.found.values() ?? []) listener.onUpdate(this.#stepUpdate(step));
    const list = () => this.#listSteps();
    if (!this.#steps) {
      this.#subscribe(this.#context.pushes?.steps, { onAck: list, onPush: list });
      this.#steps = createStepListing(
        (nextToken) => this.#context.fetchSteps(this.processId, nextToken, this.#lifetime),
        (step) => this.#deliver(this.#stepUpdate(step), wantsSteps),
        (error) => this.#fail(error, wantsSteps),
        this.#lifetime,
        this.#context.clock,
      );
    }
    list();
  }

  /** Not needed before a state is known: the fetch of the state is followed by a listing. */
  #listSteps(): void {
    if (this.#confirmed && !this.#lifetime.ended) this.#steps?.refresh();
  }

  #stepUpdate(step: WrittenStep): ProcessUpdate {
    return {
      kind: 'step',
      step: { processId: this.processId, owner: this.#newest?.state.owner ?? '', ...step },
    };
  }

  #subscribe<Push>(pushes: ProcessPushes<Push> | undefined, listener: PushListener<Push>): void {
    if (!pushes || this.via === 'polling') return;
    const { settled, stop } = pushes.follow(this.processId, listener);
    this.#subscribed.push(settled);
    this.#lifetime.onEnd(stop);
  }

  #deliver(update: ProcessUpdate, to = anyListener): void {
    for (const listener of [...this.#listeners].filter(to)) listener.onUpdate(update);
  }

  #fail(error: unknown, of = anyListener): void {
    for (const listener of [...this.#listeners].filter(of)) {
      this.#listeners.delete(listener);
      listener.onFailure(error);
    }
    if (this.#listeners.size === 0) this.#end();
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
