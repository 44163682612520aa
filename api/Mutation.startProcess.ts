import { v7 as uuidv7 } from 'uuid';
import { definitions } from '../core/definitions.ts';
import { servicesFromEnvironment } from '../core/services.ts';
import { UnknownDefinition } from './errors.ts';
import { field } from './field.ts';
import { parseInput } from './input.ts';
import { requireProcessId } from './require-state.ts';
import { type ConflictPolicy, startProcess } from './start-process.ts';

type Arguments = {
  definition: string;
  input: unknown;
  processId?: string | null;
  onConflict?: ConflictPolicy | null;
};

const services = servicesFromEnvironment();

/** Everything about the arguments is checked before the first write. */
export const handler = field(async (args: Arguments, owner) => {
  const definition = definitions().get(args.definition);
  if (!definition) throw new UnknownDefinition(args.definition, [...definitions().keys()]);
  const processId = args.processId ?? uuidv7();
  requireProcessId(processId);
  const input = parseInput(definition, args.input);
  return startProcess(services, { owner, processId }, definition, input, args.onConflict ?? 'JOIN');
});
