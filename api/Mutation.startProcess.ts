import { v7 as uuidv7 } from 'uuid';
import type { StartProcessArguments } from '../core/api-types.ts';
import { definitions } from '../core/definitions.ts';
import { UnknownDefinition } from '../core/errors.ts';
import { parseInput } from '../core/input.ts';
import { servicesFromEnvironment } from '../core/services.ts';
import { startProcess } from '../core/start-process.ts';
import { field } from './field.ts';
import { requireProcessId } from './require-state.ts';

const services = servicesFromEnvironment();

/** Validates all arguments before the first write. */
export const handler = field(async (args: StartProcessArguments, owner) => {
  const definition = definitions().get(args.definition);
  if (!definition) throw new UnknownDefinition(args.definition, [...definitions().keys()]);
  const processId = args.processId ?? uuidv7();
  requireProcessId(processId);
  const input = parseInput(definition, args.input);
  return startProcess(services, { owner, processId }, definition, input, args.onConflict ?? 'JOIN');
});
