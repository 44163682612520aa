/**
 * Changes of the source that each break a rule. The explorer must detect them, or it proves
 * nothing.
 *
 * A mutant is a copy of the tree with the edits made; each edit has to match exactly one place.
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { INVARIANTS } from './invariants.ts';

type Edit = { file: string; find: string; replace: string };

export type Mutant = {
  about: string;
  breaks: keyof typeof INVARIANTS;
  scenario: string;
  edits: readonly Edit[];
};

const ROOT = join(import.meta.dirname, '../..');
const COPIED = [
  'api',
  'client',
  'core',
  'events',
  'test/explore',
  'test/chaos/random.ts',
  'cli',
  'package.json',
];

export const MUTANTS: readonly Mutant[] = [
  {
    about: 'a start joins a process of another definition',
    breaks: 'one-execution',
    scenario: 'different-starts',
    edits: [
      {
        file: 'core/start-process.ts',
        find: 'if (record && record.definition !== definition) throw',
        replace: "if (record && definition === '') throw",
      },
    ],
  },
  {
    about: 'a marker is removed even if it has changed',
    breaks: 'record-is-true',
    scenario: 'repeated-start',
    edits: [{ file: 'core/objects.ts', find: ', IfMatch: ifMatch }', replace: ' }' }],
  },
  {
    about: 'a start writes no marker',
    breaks: 'record-is-true',
    scenario: 'repeated-start',
    edits: [
      {
        file: 'core/start-process.ts',
        find: '    markRunning(bucket, process, FIRST_RUN, own.startId),\n',
        replace: '',
      },
    ],
  },
  {
    about: 'a repeated start does not count as a start',
    breaks: 'record-is-true',
    scenario: 'repeated-start',
    edits: [
      {
        file: 'core/state.ts',
        find: 'Date.parse(startedAgainAt ?? startedAt)',
        replace: 'Date.parse(startedAt)',
      },
    ],
  },
  {
    about: 'the end of one run removes the marker of the next',
    breaks: 'record-is-true',
    scenario: 'redrive',
    edits: [
      { file: 'core/record-status.ts', find: 'mark && mark.run <= record.redriveCount', replace: 'mark' },
    ],
  },
  {
    about: 'a redrive writes no marker',
    breaks: 'record-is-true',
    scenario: 'redrive',
    edits: [
      {
        file: 'api/Mutation.redriveProcess.ts',
        find: '  await markRunning(bucket, process, run, newId());\n',
        replace: '',
      },
    ],
  },
  {
    about: 'the marker is removed before the end is published',
    breaks: 'end-is-published',
    scenario: 'start-stop-event',
    edits: [
      { file: 'core/record-status.ts', find: '  await publish(toProcessState(record));\n', replace: '' },
      {
        file: 'core/record-status.ts',
        find: 'await removeMark(bucket, process, mark);',
        replace: 'await removeMark(bucket, process, mark);\n  await publish(toProcessState(record));',
      },
    ],
  },
  {
    about: 'removing the marker removes the record',
    breaks: 'nothing-removed',
    scenario: 'start-stop-event',
    edits: [
      { file: 'core/objects.ts', find: ', IfMatch: ifMatch }', replace: ' }' },
      {
        file: 'core/process-index.ts',
        find: 'deleteObject(bucket, runningKey(process), etag)',
        replace:
          "deleteObject(bucket, runningKey(process).replace('running', 'processes') + '/state.json', etag)",
      },
    ],
  },
  {
    about: 'executions of two owners share a name',
    breaks: 'owners-apart',
    scenario: 'two-owners',
    edits: [
      {
        file: 'core/definitions.ts',
        find: '.slice(0, OWNER_HASH_LENGTH)',
        replace: '.slice(0, 0)',
      },
    ],
  },
  {
    about: 'a change does not raise the version',
    breaks: 'versions-rise',
    scenario: 'read-repair',
    edits: [
      {
        file: 'core/state.ts',
        find: '    status: seen.status,\n    version: record.version + 1,',
        replace: '    status: seen.status,\n    version: record.version,',
      },
    ],
  },
  {
    about: 'a late event counts as much as a new one',
    breaks: 'terminal-stays',
    scenario: 'start-stop-event',
    edits: [
      { file: 'core/state.ts', find: 'rank(seen) <= rank(record)', replace: 'rank(seen) === rank(record)' },
    ],
  },
  {
    about: 'a name that is taken fails the start',
    breaks: 'no-surprise',
    scenario: 'repeated-start',
    edits: [
      {
        file: 'core/start-process.ts',
        find: 'if (!(error instanceof ExecutionAlreadyExists)) throw error;',
        replace: 'throw error instanceof ExecutionAlreadyExists ? error : error;',
      },
    ],
  },
];

/**
 * Returns whether the explorer detects the rule that the mutant breaks. Throws if an edit does not
 * match the source.
 */
export async function isCaught({ edits, scenario, breaks }: Mutant): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'explore-mutant-'));
  try {
    for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    for (const { file, find, replace } of edits) {
      const source = readFileSync(join(folder, file), 'utf8');
      const places = source.split(find).length - 1;
      if (places !== 1)
        throw new Error(`Expected one place in ${file} for ${JSON.stringify(find)}, found ${places}`);
      writeFileSync(
        join(folder, file),
        source.replace(find, () => replace),
      );
    }
    const args = ['test/explore/run.ts', '--scenario', scenario, '--invariant', breaks, '--first'];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder }).catch(
      (error: { stdout?: string; stderr?: string }) => {
        if (!error.stdout) throw new Error(`The mutant does not run: ${error.stderr}`);
        return { stdout: error.stdout };
      },
    );
    return stdout.includes(`(${breaks})`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
