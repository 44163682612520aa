/**
 * Every fenced block of the documentation is checked: TypeScript compiles against the sources,
 * JSON parses, GraphQL is valid, and commands, scripts and their flags exist. What can run here
 * runs in commands.test.ts.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse, validate } from 'graphql';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { buildAppSyncSchema } from '../../local/appsync/graphql/schema.ts';
import { type Block, blocksOf, commandsOf, PAGES, ROOT, readPage } from './pages.ts';
import { SOURCES } from './sources.ts';

const blocks = PAGES.flatMap(blocksOf);
const place = ({ page, line }: Block) => `${page}:${line}`;
const withLanguage = (...languages: string[]) =>
  blocks.filter(({ language }) => languages.includes(language));

/** Languages, each with the comments that it may have above it. */
const CLASSES: Readonly<Record<string, readonly (string | undefined)[]>> = {
  ts: [undefined, 'given', 'run', 'run by', 'file'],
  tsx: [undefined, 'given'],
  js: ['run by', 'file'],
  console: [undefined, 'not run', 'run by'],
  json: [undefined, 'file'],
  yaml: [undefined],
  graphql: [undefined],
  text: [undefined, 'printed'],
};

describe('the documentation', () => {
  it('has a language on each block, and a comment above it that this test understands', () => {
    const fences = PAGES.flatMap((page) => readPage(page).match(/^\s*```.*$/gm) ?? []);
    expect(fences).toHaveLength(2 * blocks.length);
    const unknown = blocks.filter(({ language, marker }) => !CLASSES[language]?.includes(marker?.name));
    expect(unknown.map((block) => `${place(block)} ${block.language} ${block.marker?.name}`)).toEqual([]);
  });

  it('gives the reason where commands are not run, and an existing test where one runs them', () => {
    const wrong = blocks.filter(({ marker }) => {
      if (marker?.name === 'not run') return marker.value.length < 10;
      return marker?.name === 'run by' && !existsSync(join(ROOT, marker.value));
    });
    expect(wrong.map(place)).toEqual([]);
  });

  it('links to existing files and headings', () => {
    const broken = PAGES.flatMap((page) => {
      const links = [...readPage(page).matchAll(/\]\((?!https?:)([^)#\s]*)(#[^)\s]*)?\)/g)];
      return links.flatMap(([, link = '', anchor = '']) => {
        const target = link === '' ? page : join(dirname(page), link);
        if (!existsSync(join(ROOT, target))) return `${page}: ${link}`;
        return anchor === '' || anchorsOf(target).has(anchor) ? [] : `${page}: ${link}${anchor}`;
      });
    });
    expect(broken).toEqual([]);
  });

  it('names only existing npm scripts, of the repository or of the app that init makes', () => {
    const [repository, app] = ['package.json', 'examples/own-app/package.json'].map(
      (file) => JSON.parse(readFileSync(join(ROOT, file), 'utf8')).scripts as object,
    );
    const scripts = { ...repository, ...app };
    const unknown = PAGES.filter((page) => !/^(examples\/|CHANGELOG)/.test(page)).flatMap((page) =>
      [...readPage(page).matchAll(/npm run ([\w-]+)/g)]
        .filter(([, name = '']) => !Object.hasOwn(scripts, name))
        .map(([text]) => `${page}: ${text}`),
    );
    expect(unknown).toEqual([]);
  });
});

/** Returns the anchors of a page's headings, as GitHub forms them. */
function anchorsOf(page: string): Set<string> {
  const headings = readPage(page).matchAll(/^#+ (.*)$/gm);
  const slug = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
  return new Set([...headings].map(([, heading = '']) => `#${slug(heading)}`));
}

describe('in the documentation', () => {
  it('TypeScript compiles against the sources of the packages', { timeout: 120_000 }, () => {
    expect(compile(withLanguage('ts', 'tsx').filter(({ marker }) => marker?.name !== 'file'))).toEqual([]);
  });

  it('JSON parses', () => {
    for (const { code } of withLanguage('json')) expect(() => JSON.parse(code)).not.toThrow();
  });

  it('YAML parses', () => {
    for (const { code } of withLanguage('yaml')) expect(() => parseYaml(code)).not.toThrow();
  });

  it('GraphQL is valid by the schema', () => {
    const schema = buildAppSyncSchema(readFileSync(join(ROOT, 'schema.graphql'), 'utf8'));
    const problems = withLanguage('graphql').flatMap((block) =>
      validate(schema, parse(block.code)).map(({ message }) => `${place(block)}: ${message}`),
    );
    expect(problems).toEqual([]);
  });

  it('the commands that are not run exist, with their flags', { timeout: 120_000 }, () => {
    const problems = withLanguage('console')
      .filter(({ marker }) => marker?.name === 'not run')
      .flatMap((block) =>
        commandsOf(block.code).map((command) => [`${place(block)}: ${command}`, problemOf(command)]),
      )
      .filter(([, problem]) => problem !== undefined);
    expect(problems).toEqual([]);
  });
});

/** Returns what TypeScript reports for the blocks, each a module at the root of the repository. */
function compile(snippets: readonly Block[]): string[] {
  const files = new Map(
    snippets.map((block) => {
      const given = block.marker?.name === 'given' ? block.marker.value : '';
      // On one line, so that the lines of an error are those of the page.
      const lines = `${'\n'.repeat(block.line - 2)}${given.replaceAll('\n', ' ')}\n`;
      const name = `${block.page.replaceAll('/', '-')}-${block.line}.${block.language}`;
      return [join(ROOT, name), `${lines}${block.code}\nexport {};\n`];
    }),
  );
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile);
  const paths = Object.fromEntries(Object.entries(SOURCES).map(([name, source]) => [name, [`./${source}`]]));
  const changes = { paths, noUnusedLocals: false, noUnusedParameters: false, baseUrl: ROOT };
  const options = { ...config.compilerOptions, ...changes };
  const { options: parsed } = ts.convertCompilerOptionsFromJson(options, ROOT);
  const host = ts.createCompilerHost(parsed);
  const { readFile, fileExists, getSourceFile } = host;
  host.readFile = (file) => files.get(file) ?? readFile(file);
  host.fileExists = (file) => files.has(file) || fileExists(file);
  host.getSourceFile = (file, version, ...rest) => {
    const text = files.get(file);
    return text === undefined
      ? getSourceFile(file, version, ...rest)
      : ts.createSourceFile(file, text, version);
  };
  const program = ts.createProgram([...files.keys()], parsed, host);
  return [...files.keys()].flatMap((file) => {
    const source = program.getSourceFile(file);
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map(({ file: at, start = 0, messageText }) => {
      const line = (at?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
      return `${file.slice(ROOT.length + 1)} at ${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
  });
}

/** Returns why a command cannot work, as far as its program's own help says. */
function problemOf(typed: string): string | undefined {
  const words = typed
    .replace(/\s+#.*$/gm, '')
    .replace(/^([A-Z_]+=\S+ )+/, '')
    .split(/\s+/);
  const [program = '', second = '', ...rest] = words;
  const flags = words.filter((word) => /^--?[a-z]/.test(word)).map((flag) => flag.replace(/=.*/, ''));
  const node = (...args: string[]) =>
    execFileSync(process.execPath, ['--import', './require-node-24.js', ...args], {
      cwd: ROOT,
      encoding: 'utf8',
    });
  const without = (help: string) => flags.find((flag) => !help.includes(flag));
  const missing = (help: string) => (without(help) ? `no flag ${without(help)}` : undefined);

  if (program === 'cd' || program === 'mkdir') return undefined;
  if (program === 'npm' && second === 'ci') return undefined;
  if (program === 'npm' && second === 'install') return rest.map(unknownPackage).find(Boolean);
  if (program === 'npm' && second === 'version') return undefined;
  if (program === 'npm') {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const script: string = scripts[second === 'run' ? (rest[0] ?? '') : second] ?? '';
    // The last program of the script, with its subcommand.
    const [, file, subcommand] =
      /^node \S+ \S+ (\S+)(?: (\w+))?/.exec(script.split(' && ').at(-1) ?? '') ?? [];
    if (file === undefined) return 'no such script';
    const first = words[words.indexOf('--') + 1] ?? '';
    const command = subcommand ?? (words.includes('--') && /^\w+$/.test(first) ? first : undefined);
    return missing(node(file, ...(command ? [command] : []), '--help'));
  }
  if (program === 'npx' && second === 'process-facade')
    return missing(node('cli/process-facade.ts', ...rest.slice(0, 1), '--help'));
  if (program === 'npx' && second === 'cdk')
    return missing(node('tools/node_modules/aws-cdk/bin/cdk', ...rest.slice(0, 1), '--help'));
  return 'this test cannot check it';
}

/** Returns a complaint about a package that the repository does not have. */
function unknownPackage(name: string): string | undefined {
  const known = ['.', 'client', 'tools', 'web-client'].flatMap((folder) => {
    const file = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
    return [
      file.name,
      ...Object.keys({ ...file.dependencies, ...file.devDependencies, ...file.peerDependencies }),
    ];
  });
  return name.startsWith('-') || name.includes('.tgz') || known.includes(name)
    ? undefined
    : `no package ${name}`;
}
