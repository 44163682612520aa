/** Parses and validates the input of a process. */
import type { Definition } from './definitions.ts';
import { cut, InvalidInput, type Problem } from './errors.ts';
import { schemaProblems } from './input-schema.ts';
import { rejectTooLarge } from './input-size.ts';
import { readJsonText } from './json-text.ts';
import { depthProblems, numberProblems } from './json-value.ts';

/**
 * Returns the input as a value. AppSync parses AWSJSON for its resolvers; JSON text is accepted
 * too. Throws {@link InvalidInput} with the paths of all problems.
 */
export function parseInput(definition: Definition, argument: unknown): unknown {
  const input = typeof argument === 'string' ? parseText(argument) : argument;
  if (typeof input !== 'object' || input === null) {
    throw new InvalidInput('Expected the input to be a JSON object or array', [
      { path: '', message: 'must be an object or array' },
    ]);
  }
  // The checks after the first one may recurse.
  reject('The input is invalid', depthProblems(input));
  reject('The input is invalid', numberProblems(input));
  const bytes = Buffer.byteLength(JSON.stringify(input));
  rejectTooLarge(bytes);
  reject(
    `The input does not match the schema of [${definition.name}]`,
    schemaProblems(definition.inputSchema, input, bytes),
  );
  return input;
}

function parseText(text: string): unknown {
  let read: ReturnType<typeof readJsonText>;
  try {
    read = readJsonText(text);
  } catch (cause) {
    throw new InvalidInput(`The input is not valid JSON: ${(cause as Error).message}`, [], { cause });
  }
  reject('The input is invalid', read.problems);
  return read.value;
}

function reject(what: string, problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  const listed = problems.slice(0, 5).map(({ path, message }) => `${path || 'it'} ${message}`);
  const more = problems.length > listed.length ? `; ${problems.length - listed.length} more` : '';
  throw new InvalidInput(`${what}: ${listed.map((text) => cut(text, 200)).join('; ')}${more}`, problems);
}
