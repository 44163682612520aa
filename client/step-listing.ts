import type { ProcessStep } from './api-types.ts';
import type { Clock } from './clock.ts';
import { type Lifetime, sleep } from './lifetime.ts';
import { retry, WITHOUT_LIMIT } from './retry.ts';

/** What the API lists of a document that a step wrote. */
export type WrittenStep = Omit<ProcessStep, 'processId' | 'owner'>;

/** A part of the list, in the order of writing; `nextToken` asks for the next one. */
export type WrittenSteps = { steps: WrittenStep[]; nextToken: string | null };

/** Finds out what a process's steps have written. */
export type StepListing = {
  /** Everything that was found so far, in the order in which it was, by name and part. */
  found: ReadonlyMap<string, WrittenStep>;
  /**
   * Looks soon, because something may have been written. When the API refuses, nobody looks until
   * the next call.
   */
  refresh(): void;
  /**
   * Resolves when everything that has been written by now is found, and ends the refreshing. Rejects
   * when the API refuses.
   */
  finish(): Promise<void>;
};

/**
 * The pause after a look, for each document that it listed. Looks cost in proportion to what they
 * list, so this bounds the traffic to 200 documents a second, some 20 kB, however many a Map has,
 * while six steps are shown as soon as they come.
 */
const PAUSE_PER_DOCUMENT_MS = 5;
const MIN_PAUSE_MS = 100;

/**
 * Lists documents, since S3's lists miss nothing, and reports each once.
 *
 * One look is under way at a time. It begins with the page that was the last one before, where new
 * documents come; one that is dated earlier, because its write took long, is found at the end, by a
 * look through all pages. Failures that may pass are repeated for as long as the lifetime lasts.
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

  /** How many documents were listed, from the page on. */
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
