import { v7 as uuidv7 } from 'uuid';
import { definitions } from '../data/definitions.ts';
import { isProcessId } from '../data/keys.ts';
import { bucketFromEnvironment } from '../data/objects.ts';
import { InvalidInput, UnknownDefinition } from './errors.ts';
import { field } from './field.ts';
import { parseInput } from './input.ts';
import { type ConflictPolicy, startProcess } from './start-process.ts';

type Arguments = {
  definition: string;
  input: unknown;
  processId?: string | null;
  onConflict?: ConflictPolicy | null;
};

const bucket = bucketFromEnvironment();

/** Everything about the arguments is checked before the first write. */
export const handler = field(async (args: Arguments, owner) => {
  const definition = definitions().get(args.definition);
  if (!definition) throw new UnknownDefinition(args.definition, [...definitions().keys()]);
  const processId = args.processId ?? uuidv7();
  if (!isProcessId(processId)) {
    throw new InvalidInput(`A processId is a UUID in lower case, not [${processId.slice(0, 100)}]`, [
      { path: '/processId', message: 'must be a UUID in lower case' },
    ]);
  }
  const input = parseInput(definition, args.input);
  return startProcess(bucket, { owner, processId }, definition, input, args.onConflict ?? 'JOIN');
});
