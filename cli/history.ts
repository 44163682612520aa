import type { ProcessClient, ProcessEvent } from '../client/index.ts';

/** Step Functions' limit. */
const PAGE = 1_000;

/** Returns all events of a process, oldest first, from all pages. */
export async function history(client: ProcessClient, processId: string): Promise<ProcessEvent[]> {
  const events: ProcessEvent[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.history(processId, { limit: PAGE, nextToken });
    events.push(...page.items);
    nextToken = page.nextToken ?? undefined;
  } while (nextToken !== undefined);
  return events;
}
