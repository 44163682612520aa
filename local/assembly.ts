/**
 * The cloud assembly of a CDK app, synthesized in a process of its own (the CDK takes some 150 MB), and kept until its sources change.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { SynthesisFailed } from './errors.ts';

const SOURCES = '**/*.{ts,js,json,graphql}';
const NOT_SOURCES = ['node_modules', '.local', 'cdk.out', '.git', 'web-client', 'docs', 'bench'];
const KEPT = 3;
/** An assembly that is younger may be served by a runtime at this moment. */
const SPARED_MS = 86_400_000;
const ROOT = resolve(import.meta.dirname, '..');

/**
 * The folder of the app's assembly, under `cacheDir`. It is made anew when a source file of the project has changed, or the month: the
 * API key's expiry follows it. Throws {@link SynthesisFailed}.
 */
export async function synthesize(app: string, cacheDir: string): Promise<string> {
  const folder = join(cacheDir, hashOfSources(app));
  if (existsSync(join(folder, 'manifest.json'))) return folder;
  const unfinished = `${folder}.${process.pid}`;
  mkdirSync(cacheDir, { recursive: true });
  try {
    await runApp(app, unfinished);
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  removeOld(cacheDir);
  return folder;
}

function hashOfSources(app: string): string {
  const hash = createHash('sha256').update(`${resolve(app)}\n${new Date().toISOString().slice(0, 7)}\n`);
  const files = globSync(SOURCES, { cwd: ROOT, exclude: (name) => NOT_SOURCES.includes(name) });
  for (const file of files.sort()) hash.update(`${file}\n`).update(readFileSync(join(ROOT, file)));
  return hash.digest('hex').slice(0, 32);
}

function runApp(app: string, outputFolder: string): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [join(ROOT, 'infra/run-app.ts'), app], {
      env: { ...process.env, CDK_OUTDIR: outputFolder, CDK_VALIDATION: 'false' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    child.once('error', fail);
    child.once('close', (code) => {
      if (code === 0 && existsSync(join(outputFolder, 'manifest.json'))) done();
      else
        fail(
          new SynthesisFailed(
            relative(process.cwd(), resolve(app)),
            errors.trim() || 'it made no cloud assembly',
          ),
        );
    });
  });
}

function removeOld(cacheDir: string): void {
  const byAge = readdirSync(cacheDir)
    .map((name) => ({ folder: join(cacheDir, name), time: statSync(join(cacheDir, name)).mtimeMs }))
    .sort((a, b) => b.time - a.time);
  for (const { folder, time } of byAge.slice(KEPT)) {
    if (Date.now() - time > SPARED_MS) rmSync(folder, { recursive: true, force: true });
  }
}
