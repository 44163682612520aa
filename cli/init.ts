/**
 * `init`: makes a small app in an empty folder. It is `examples/own-app`, under the folder's name.
 */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { packageFile } from '../core/package-root.ts';
import { toShellWords } from './arguments.ts';
import { systemErrorLine } from './command-line.ts';
import { CommandError } from './failures.ts';

const TEMPLATE = packageFile('examples/own-app');
const NAMES = { package: 'own-app', stack: 'OwnApp' };
/** npm leaves such a file out of every tarball, so it cannot be in the template. */
const GITIGNORE = 'node_modules\n.local\ncdk.out\noutputs.json\n';

/** Makes the app, and prints what to do next. The exit code is 1 if it fails. */
export function init(folder: string): void {
  try {
    const target = resolve(folder);
    const name = makeApp(target, folder);
    const enter = target === process.cwd() ? '' : `  cd ${toShellWords([relative('', target)])}\n`;
    console.log(`Created ${name}. Next:

${enter}  npm install
  npm test          runs orders on a local runtime, without an AWS account
  npm run dev       serves the app
  npm run order     in a second terminal: runs an order
  npx cdk synth     writes the template`);
  } catch (error) {
    const problem = error instanceof CommandError ? error.message : systemErrorLine(error);
    console.error(problem ?? error);
    process.exitCode = 1;
  }
}

/** Writes the files and returns the name of the app. Throws {@link CommandError}. */
function makeApp(target: string, folder: string): string {
  const name = packageNameOf(target);
  requireEmpty(target, folder);
  for (const file of templateFiles()) {
    const text = readFileSync(join(TEMPLATE, file), 'utf8');
    mkdirSync(dirname(join(target, file)), { recursive: true });
    writeFileSync(
      join(target, file),
      text.replaceAll(NAMES.package, name).replaceAll(NAMES.stack, stackNameOf(name)),
    );
  }
  writeFileSync(join(target, '.gitignore'), GITIGNORE);
  return name;
}

/** Returns the template's files. In the repository, its folder may have been used as an app. */
function templateFiles(): string[] {
  const made = /^(node_modules|\.local|cdk\.out|package-lock\.json)([\\/]|$)/;
  return readdirSync(TEMPLATE, { recursive: true, encoding: 'utf8' }).filter(
    (path) => !made.test(path) && statSync(join(TEMPLATE, path)).isFile(),
  );
}

function requireEmpty(target: string, folder: string): void {
  const status = statSync(target, { throwIfNoEntry: false });
  if (status === undefined) return;
  if (!status.isDirectory()) throw new CommandError(`Expected a folder, got the file ${folder}.`);
  // A new repository is as good as empty.
  const found = readdirSync(target).filter((name) => name !== '.git');
  if (found.length === 0) return;
  throw new CommandError(
    `Expected an empty folder, got ${folder}, which has ${found.length > 3 ? `${found.length} files` : found.join(', ')}. ` +
      'Name a new folder.',
  );
}

/**
 * Returns the name of the folder as npm accepts it.
 *
 * @see https://docs.npmjs.com/cli/v11/configuring-npm/package-json#name
 */
function packageNameOf(target: string): string {
  const name = basename(target)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 100);
  if (!/[a-z]/.test(name)) {
    throw new CommandError(
      `Expected a folder whose name has a letter from a to z, got [${basename(target)}]: it names the app.`,
    );
  }
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(TEMPLATE, 'package.json'), 'utf8'));
  // npm does not install a package into itself.
  return Object.hasOwn({ ...dependencies, ...devDependencies }, name) ? `${name}-app` : name;
}

/** Returns the name as CloudFormation accepts it: it begins with a letter. */
function stackNameOf(name: string): string {
  const words = name.split('-').map((word) => word.slice(0, 1).toUpperCase() + word.slice(1));
  return words.join('').replace(/^(?=\d)/, 'App');
}
