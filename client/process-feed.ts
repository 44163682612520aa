import type { ProcessState, ProcessStep } from './api-types.ts';
import { withJitter } from './backoff.ts';
import type { Clock } from './clock.ts';
import { RequestError } from './errors.ts';
import { Lifetime, sleep } from './lifetime.ts';
import type { ProcessPushes, PushListener } from './process-pushes.ts';
import { isNewer, isTerminal } from './process-state.ts';
import { createStepListing, type StepListing, type WrittenStep, type WrittenSteps } from './step-listing.ts';

/**
 * What can be learned while a process runs.
 *
 * @example
 * const show = (update: ProcessUpdate) =>
 *   console.log(update.kind === 'step' ? update.step.step : update.state.status);
 */
export type ProcessUpdate =
  | { kind: 'state'; state: ProcessState; source: UpdateSource }
  | { kind: 'step'; step: ProcessStep };

/**
 * How a state reached the client first: in the response to the start, in that to another call of
 * the client, by a push, or by a fetch: at the first acknowledgement of the subscription (or where
 * there is none), after a reconnect, or of the safety poll.
 *
 * @example
 * const counts = new Map<UpdateSource, number>();
 */
export type UpdateSource = 'start' | 'call' | 'push' | 'ack' | 'reconnect' | 'poll';

/** One call that follows a process. */
export type FeedListener = {
  /** Whether steps are wanted besides states. */
  steps: boolean;
  /**
   * Versions of states only rise, each document comes once, a terminal state is the last update.
   * Must not throw.
   */
  onUpdate(update: ProcessUpdate): void;
  /** The API refuses to say more; nothing comes after it. */
  onFailure(error: unknown): void;
};

/**
 * How the client learns of changes; the results are the same.
 *
 * - `auto`: pushes, made safe by fetches; while no pushes can come (a proxy, no `WebSocket`),
 *   polling: after 1 s, then more seldom, down to every 10 s.
 * - `subscription`: the same, but without the faster polling while the connection is down.
 * - `polling`: no WebSocket at all.
 *
 * @example
 * client.watch(processId, { via: 'polling' });
 */
export type Via = 'auto' | 'subscription' | 'polling';

/** What the feeds of a client share. */
export type FeedContext = {
  /** Rejects with a retryable {@link RequestError} for what may pass. */
  fetchState(processId: string, lifetime: Lifetime): Promise<ProcessState>;
  /** Rejects likewise. */
  fetchSteps(processId: string, nextToken: string | undefined, lifetime: Lifetime): Promise<WrittenSteps>;
  /** Undefined where there is no WebSocket. */
  pushes: { states: ProcessPushes<ProcessState>; steps: ProcessPushes<{ processId: string }> } | undefined;
  clock: Clock;
  /** Takes no more listeners; may be called twice. */
  onEnd(feed: ProcessFeed): void;
};

/**
 * A push may get lost even after the acknowledgement, so the fetch that follows one is repeated
 * after 2 s, and then after 5 s, 12 s, 31 s and so on.
 */
const SAFETY_PACE = { firstMs: 2_000, factor: 2.5, maxMs: 60_000 };
/** While polling is all there is. */
const POLLING_PACE = { firstMs: 1_000, factor: 1.5, maxMs: 10_000 };
/**
 * How long a start waits for the subscription at most: where WebSockets hang, work goes on without
 * them.
 */
const READY_WITHIN_MS = 3_000;

const wantsSteps = ({ steps }: FeedListener) => steps;
const anyListener = (_: FeedListener) => true;

/**
 * Follows one process for all calls that wait for it, by pushes and by fetches, until it ends or
 * nobody listens.
 *
 * Nothing is delivered before one fetched state is known: a push alone may be a late one, from
 * before a redrive. From then on, every state that is newer than the one held is delivered,
 * wherever it came from.
 *
 * Steps are listed, if anybody wants them: after each fetch of the state, when a push says that
 * there may be a new one, and a last time before the terminal state is delivered.
 *
 * It fetches when it begins, at every acknowledgement of the subscription, about 2 s after that,
 * and then after 5 s, slowing down to every 60 s; see {@link Via} for while no pushes can come.
 */
export class ProcessFeed {
  readonly processId: string;
  readonly via: Via;
  readonly #context: FeedContext;
  readonly #listeners = new Set<FeedListener>();
  readonly #lifetime = new Lifetime();
  /** The newest state, and how it came. */
  #newest: { kind: 'state'; state: ProcessState; source: UpdateSource } | undefined;
  /** Why the fetch that is on its way, or comes next, is made. */
  #reason: UpdateSource = 'ack';
  #acks = 0;
  /** Whether a state has come otherwise than by a push, so that the listeners may be told. */
  #confirmed = false;
  #live = false;
  /** A fetch is on its way, or, before the feed has begun, not allowed yet. */
  #fetching = true;
  #fetchAgain = false;
  #polls = 0;
  #cancelPoll = () => {};
  #steps: StepListing | undefined;
  /** The terminal state is known; for those who want steps, it waits for the last of them. */
  #ending = false;
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

  /**
   * Resolves when the subscriptions are acknowledged, or it is not worth waiting for them any
   * longer.
   */
  async ready(): Promise<void> {
    const tooLong = sleep(READY_WITHIN_MS, this.#lifetime, this.#context.clock);
    await Promise.race([Promise.all(this.#answers), tooLong]);
  }

  /**
   * Begins to deliver and to fetch; with the state that a start has answered with, delivers that at
   * once.
   */
  begin(started?: ProcessState): void {
    this.#fetching = false;
    if (started) this.#take(started, 'start');
    this.fetchNow('ack');
  }

  /**
   * Takes a state that another call of the client has returned, so that those who follow are not
   * behind it.
   */
  learn(state: ProcessState): void {
    this.#take(state, 'call');
  }

  /** Adds a listener, which gets at once what is known; returns a function that removes it. */
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
   * Asks for the state, again after an answer that is already on its way, since that may be older
   * than now.
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
      const mayPass = error instanceof RequestError && error.retryable;
      if (!this.#lifetime.ended && !this.#ending && !mayPass) this.#fail(error);
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
    // Like a push, the response to a call that was made earlier may be from before a redrive.
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
    // Nobody joins any more: a call that is made while the last steps are looked for may come after
    // a redrive.
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

  /** Before a state is known, there is no need: the fetch that brings it is followed by a look. */
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
    const { answered, stop } = pushes.follow(this.processId, listener);
    this.#answers.push(answered);
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
