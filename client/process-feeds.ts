import type { ProcessState } from './api-types.ts';
import { limitConcurrency } from './limit-concurrency.ts';
import { type FeedContext, ProcessFeed, type Via } from './process-feed.ts';

/** The feeds of one client. */
export type ProcessFeeds = {
  /** The feed that all calls for a process share; begun if it is new. */
  shared(processId: string, via: Via): ProcessFeed;
  /**
   * A feed of its own for a process that is yet to be started. Nothing is fetched before
   * {@link ProcessFeeds.begin}.
   */
  open(processId: string, via: Via): ProcessFeed;
  /**
   * Begins an opened feed with the state that its start has answered with, and shares it from then
   * on.
   */
  begin(feed: ProcessFeed, started: ProcessState): void;
  /** Takes a state that a call of the client has returned. */
  learn(state: ProcessState): void;
  /** Fetches the state of everything that is followed. */
  fetchAll(): void;
};

/**
 * Requests at a time for followed processes, so that many of them do not crowd out the caller's
 * own.
 */
const FETCHES_AT_A_TIME = 10;

/**
 * Keeps at most one shared feed per process and way of following, for as long as it has listeners.
 */
export function createProcessFeeds({
  fetchState,
  fetchSteps,
  ...sources
}: Omit<FeedContext, 'onEnd'>): ProcessFeeds {
  const feeds = new Map<string, ProcessFeed>();
  const limitFetches = limitConcurrency(FETCHES_AT_A_TIME);
  const context: FeedContext = {
    ...sources,
    fetchState: (...args) => limitFetches(() => fetchState(...args)),
    fetchSteps: (...args) => limitFetches(() => fetchSteps(...args)),
    onEnd(feed) {
      if (feeds.get(keyOf(feed)) === feed) feeds.delete(keyOf(feed));
    },
  };
  const keyOf = ({ processId, via }: { processId: string; via: Via }) => via + processId;
  const open = (processId: string, via: Via) => new ProcessFeed(processId, via, context);

  return {
    open,
    shared(processId, via) {
      const present = feeds.get(keyOf({ processId, via }));
      if (present) return present;
      const feed = open(processId, via);
      feeds.set(keyOf(feed), feed);
      feed.begin();
      return feed;
    },
    begin(feed, started) {
      if (!feeds.has(keyOf(feed))) feeds.set(keyOf(feed), feed);
      feed.begin(started);
    },
    learn(state) {
      const { processId } = state;
      for (const via of ['auto', 'subscription', 'polling'] as const)
        feeds.get(keyOf({ processId, via }))?.learn(state);
    },
    fetchAll() {
      for (const feed of feeds.values()) feed.fetchNow('reconnect');
    },
  };
}
