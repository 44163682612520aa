/**
 * The input of a process, as it arrives and as it is taken.
 */
import type { Definition } from './definitions.ts';
import { cut, InvalidInput, type Problem } from './errors.ts';
import { schemaProblems } from './input-schema.ts';
import { rejectTooLarge } from './input-size.ts';
import { readJsonText } from './json-text.ts';
import { depthProblems, numberProblems } from './json-value.ts';

/**
 * The input as a value. AppSync parses AWSJSON for its resolvers; text is taken too, should it
 * arrive as text. Throws {@link InvalidInput} with the paths of what cannot be taken, or of what
 * breaks the definition's schema.
 */
export function parseInput(definition: Definition, argument: unknown): unknown {
  const input = typeof argument === 'string' ? parseText(argument) : argument;
  if (typeof input !== 'object' || input === null) {
    throw new InvalidInput('The input must be a JSON object or array', [
      { path: '', message: 'must be an object or array' },
    ]);
  }
  // Everything after the first check may recurse.
  reject('The input cannot be taken as it is', depthProblems(input));
  reject('The input cannot be taken as it is', numberProblems(input));
  const bytes = Buffer.byteLength(JSON.stringify(input));
  rejectTooLarge(bytes);
  reject(
    `The input does not fit the schema of [${definition.name}]`,
    schemaProblems(definition.inputSchema, input, bytes),
  );
  return input;
}

function parseText(text: string): unknown {
  let read: ReturnType<typeof readJsonText>;
  try {
    read = readJsonText(text);
  } catch (cause) {
    throw Object.assign(new InvalidInput(`The input is not valid JSON: ${(cause as Error).message}`), {
      cause,
    });
  }
  reject('The input cannot be taken as it is', read.problems);
  return read.value;
}

function reject(what: string, problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  const listed = problems.slice(0, 5).map(({ path, message }) => `${path || 'it'} ${message}`);
  const more = problems.length > listed.length ? `; and ${problems.length - listed.length} more` : '';
  throw new InvalidInput(`${what}: ${listed.map((text) => cut(text, 200)).join('; ')}${more}`, problems);
}
