/** Runs one order: `npm run order`, while `npm run dev` serves the app. */
import { readFileSync } from 'node:fs';
import { createProcessClient } from 'process-facade-client';
import type { Definitions } from './definitions.ts';

// For a deployed stack: `npx process-facade outputs`, then `npm run order -- outputs.json`.
const [file = '.local/outputs.json'] = process.argv.slice(2);
const { endpoint, realtimeEndpoint, apiKey } = JSON.parse(readFileSync(file, 'utf8'));

const client = createProcessClient<Definitions>({ endpoint, realtimeEndpoint, apiKey });
try {
  const input = { orderId: 'A-1', quantity: 3 };
  const confirmation = await client.run('order', input, {
    onUpdate: (update) =>
      console.error(update.kind === 'step' ? `${update.step.step} written` : update.state.status),
  });
  console.log(JSON.stringify(confirmation));
} finally {
  client.dispose();
}
