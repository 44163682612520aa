import type { ProcessClient, ProcessEvent } from '../client/index.ts';

/** Step Functions' own limit. */
const PAGE = 1_000;

/** Everything that happened to a process, oldest first, from as many pages as there are. */
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
