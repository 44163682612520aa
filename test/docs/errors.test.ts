/** docs/errors.md has a row for every error that a user can meet, and for no other. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT, readPage } from './pages.ts';

/** Names that no class of the sources has: AWS's, JavaScript's, and those that only states have. */
const OTHERS =
  /^((States|Lambda|Runtime|Sandbox)\.\w+|AccessDenied|NotServedLocally|RangeError|TypeError|NotStarted|Stopped|(Network|Http|Credentials|GraphQL)Error|UnauthorizedException|\w+LimitReached)$/;

/** Never shown by its name. */
const INTERNAL = ['CommandError'];

const sources = globSync('{api,cli,client,core,events,infra,local}/**/*.ts', {
  cwd: ROOT,
  exclude: (path) => /node_modules|\.test\.ts$/.test(path),
}).map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') }));

/** Returns the names of error classes: of the local runtime, those that prevent its start. */
function errorNames(): string[] {
  return sources.flatMap(({ file, text }) =>
    [
      ...text.matchAll(
        /^(?:export )?class (\w+) extends (\w*(?:Error|InvalidInput)) \{\n\s+override readonly name/gm,
      ),
    ]
      .filter(([, name, base]) => !/^local[\\/]/.test(file) || [name, base].includes('StartError'))
      .map(([, name = '']) => name),
  );
}

/** Returns the error types that AppSync and its local counterpart put into responses. */
function errorTypes(): string[] {
  return sources
    .filter(({ file }) => /^(local[\\/]appsync|client)[\\/]/.test(file))
    .flatMap(({ text }) => [
      ...text.matchAll(/(?:errorType: |: )'([A-Z]\w+(?:Exception|Operation|Error|Reached))'/g),
    ])
    .map(([, name = '']) => name);
}

it('docs/errors.md has a row for every error', () => {
  const rows = [...readPage('docs/errors.md').matchAll(/^\| `([A-Z][\w.]+)`/gm)].map(([, name = '']) => name);
  const known = [...errorNames(), ...errorTypes()];
  expect(known).toContain('ProcessDataNotReady');
  expect(known).toContain('BadRequestException');
  expect(known.filter((name) => !rows.includes(name) && !INTERNAL.includes(name))).toEqual([]);
  expect(rows.filter((name) => !known.includes(name) && !OTHERS.test(name))).toEqual([]);
});
