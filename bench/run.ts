/**
 * `npm run bench`: what the local runtime and the client do, side by side in one run. Prints a
 * table and writes bench/RESULTS.md. Every load is bounded in count.
 */
import { Command } from 'commander';
import { parseCommandLine } from '../cli/command-line.ts';
import { temporaryFolder } from '../test/chaos/command-line.ts';
import { measureClientMemory } from './client-memory.ts';
import { measureClientSize } from './client-size.ts';
import { measureDelivery } from './delivery.ts';
import { measureEdits } from './edit.ts';
import { measureReconnectStorm } from './reconnect-storm.ts';
import { measureRequests } from './requests.ts';
import { printRow, type Row, writeResults } from './results.ts';
import { measureStartup } from './startup.ts';

const program = new Command('npm run bench --').description('Measures the local runtime and the client.');
await parseCommandLine(program);
const folder = temporaryFolder('facade-bench-');
const rows: Row[] = [];
for (const measure of [
  measureStartup,
  measureEdits,
  measureDelivery,
  measureRequests,
  measureClientSize,
  measureClientMemory,
  measureReconnectStorm,
]) {
  const measured = await measure(folder);
  measured.forEach(printRow);
  rows.push(...measured);
}
writeResults(rows);
