import type { ProcessState } from './api-types.ts';
import { limitConcurrency } from './limit-concurrency.ts';
import { type FeedContext, ProcessFeed, type Via } from './process-feed.ts';

/** The feeds of a client. */
export type ProcessFeeds = {
  /** Returns the feed that all calls for a process share. A new feed begins immediately. */
  shared(processId: string, via: Via): ProcessFeed;
  /**
   * Returns a separate feed for a process that is about to be started. Nothing is fetched before
   * {@link ProcessFeeds.begin}.
   */
  open(processId: string, via: Via): ProcessFeed;
  /** Begins an opened feed with the state from its start, and shares it from then on. */
  begin(feed: ProcessFeed, started: ProcessState): void;
  /** Passes on a state that a call of the client has returned. */
  learn(state: ProcessState): void;
  /** Fetches the states of all followed processes. */
  fetchAll(): void;
};

/** Concurrent requests for followed processes, so that they do not crowd out the caller's own. */
const FETCHES_AT_A_TIME = 10;

/** Creates the feeds: at most one shared feed per process and `via`, while it has listeners. */
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
