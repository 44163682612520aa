/**
 * `npm run bench`: what the local runtime and the client do, side by side in one run. Prints a table and writes bench/RESULTS.md. Every load is
 * bounded in count.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureClientMemory } from './client-memory.ts';
import { measureClientSize } from './client-size.ts';
import { measureDelivery } from './delivery.ts';
import { measureRequests } from './requests.ts';
import { printRow, type Row, writeResults } from './results.ts';
import { measureStartup } from './startup.ts';

const folder = mkdtempSync(join(tmpdir(), 'facade-bench-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const rows: Row[] = [];
for (const measure of [
  measureStartup,
  measureDelivery,
  measureRequests,
  measureClientSize,
  measureClientMemory,
]) {
  const measured = await measure(folder);
  measured.forEach(printRow);
  rows.push(...measured);
}
writeResults(rows);
