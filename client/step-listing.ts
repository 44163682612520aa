import type { ProcessStep } from './api-types.ts';
import type { Clock } from './clock.ts';
import { type Lifetime, sleep } from './lifetime.ts';
import { retry, WITHOUT_LIMIT } from './retry.ts';

/** A document of a step, as listed. */
export type WrittenStep = Omit<ProcessStep, 'processId' | 'owner'>;

/** A page of the list, in the order of writing. `nextToken` is for the next page. */
export type WrittenSteps = { steps: WrittenStep[]; nextToken: string | null };

/** Lists what a process's steps have written. */
export type StepListing = {
  /** Everything found so far, in the order of finding, by name and part. */
  found: ReadonlyMap<string, WrittenStep>;
  /**
   * Lists soon, because something may have been written. If the API rejects it, does not list until
   * the next call.
   */
  refresh(): void;
  /**
   * Resolves when everything that has been written by now is found, and ends the listing. Rejects
   * if the API rejects it.
   */
  finish(): Promise<void>;
};

/**
 * Pause after a listing, per listed document. It limits the traffic to 200 documents a second,
 * about 20 kB, for Maps of any size, while six steps appear without delay.
 */
const PAUSE_PER_DOCUMENT_MS = 5;
const MIN_PAUSE_MS = 100;

/**
 * Creates a listing, which reports each document once. S3's lists are complete.
 *
 * One request is in progress at a time. It begins with the last known page, where new documents
 * appear. A document with an earlier time, because its write took long, is found at the end by
 * listing all pages. Temporary failures are retried until the lifetime ends.
 */
export function createStepListing(
  fetchPage: (nextToken: string | undefined) => Promise<WrittenSteps>,
  onFound: (step: WrittenStep) => void,
  onFailure: (error: unknown) => void,
  lifetime: Lifetime,
  clock: Clock,
): StepListing {
  const found = new Map<string, WrittenStep>();
  let lastPage: string | undefined;
  let wanted = false;
  let refreshing = false;
  let closed = false;

  /** Lists from a page on, and returns the number of listed documents. */
  async function readFrom(firstPage: string | undefined): Promise<number> {
    let listed = 0;
    for (let token = firstPage; ; ) {
      const page = await retry(() => fetchPage(token), lifetime, clock, WITHOUT_LIMIT);
      for (const step of page.steps) {
        const name = `${step.step}/${step.part}`;
        if (lifetime.ended || found.has(name)) continue;
        found.set(name, step);
        onFound(step);
      }
      listed += page.steps.length;
      if (page.nextToken === null) return listed;
      lastPage = token = page.nextToken;
    }
  }

  async function refreshWhileWanted() {
    refreshing = true;
    try {
      while (wanted && !closed) {
        wanted = false;
        const listed = await readFrom(lastPage);
        await sleep(Math.max(MIN_PAUSE_MS, listed * PAUSE_PER_DOCUMENT_MS), lifetime, clock);
      }
    } catch (error) {
      if (!lifetime.ended) onFailure(error);
    }
    refreshing = false;
  }

  return {
    found,
    refresh() {
      wanted = true;
      if (!refreshing) void refreshWhileWanted();
    },
    async finish() {
      closed = true;
      await readFrom(undefined);
    },
  };
}
