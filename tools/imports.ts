/**
 * `npm run imports`: prints the rooms of the source, their floors, the edges between them and the
 * cycles. With `--check` it prints only what is wrong, and exits with 1 if an import climbs or
 * files import each other in a cycle.
 */
import { execFileSync } from 'node:child_process';
import { cyclesOf, floorsOf, readImports, roomsOf } from './import-plan.ts';

/** The one cycle of files: states run Map and Parallel, which run states. */
const INTERPRETER = 'local/step-functions/execution/';

const NOT_SOURCE = /\.test\.tsx?$|-for-test\.ts$|\/test-[^/]+\.ts$|^(test|bench|tools|examples)\//;

const files = execFileSync('git', ['ls-files', '*.ts', '*.tsx'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => file.includes('/') && !NOT_SOURCE.test(file));
const graph = readImports('.', files);
const rooms = roomsOf(graph);
const roomCycles = cyclesOf(rooms);
const fileCycles = cyclesOf(graph).filter((cycle) => !cycle.every((file) => file.startsWith(INTERPRETER)));

if (!process.argv.includes('--check')) {
  const floors = floorsOf(rooms);
  const byFloor = [...rooms].sort(
    ([a], [b]) => (floors.get(b) ?? 0) - (floors.get(a) ?? 0) || (a < b ? -1 : 1),
  );
  for (const [room, targets] of byFloor)
    console.log(`${floors.get(room)}  ${room} -> ${[...targets].sort().join(', ') || '(nothing)'}`);
  const edges = [...rooms.values()].reduce((sum, targets) => sum + targets.size, 0);
  console.log(
    `${files.length} files, ${rooms.size} rooms on ${Math.max(...floors.values()) + 1} floors, ${edges} edges, ${cyclesOf(graph).length} cycles of files`,
  );
}
for (const cycle of roomCycles) console.error(`Imports climb: ${cycle.join(', ')} import each other`);
for (const cycle of fileCycles) console.error(`Files import each other: ${cycle.join(', ')}`);
if (roomCycles.length + fileCycles.length > 0) process.exitCode = 1;
