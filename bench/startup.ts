/** From `npm start` to the ready line. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { percentile } from './percentile.ts';
import type { Row } from './results.ts';
import { startServer } from './server.ts';

const ASSEMBLY = join(import.meta.dirname, '../.local/assembly');

/** Without and with a cached synthesis. */
export async function measureStartup(folder: string): Promise<Row[]> {
  rmSync(ASSEMBLY, { recursive: true, force: true });
  const rows: Row[] = [];
  for (const [what, runs] of [
    ['nothing cached', 1],
    ['the synthesis cached', 3],
  ] as const) {
    const times: number[] = [];
    for (let run = 0; run < runs; run++) {
      const server = await startServer('infra/app.ts', folder);
      times.push(server.readyMs);
      await server.stop();
    }
    rows.push({
      what: `npm start to the ready line, ${what}`,
      value: `${(percentile(times, 50) / 1_000).toFixed(1)} s`,
    });
  }
  return rows;
}
