import type { ProcessDefinition } from '../core/api-types.ts';
import { definitions } from '../core/definitions.ts';
import { field } from './field.ts';

export const handler = field(
  async (): Promise<ProcessDefinition[]> =>
    [...definitions().values()].map(({ outputStep: _, starts: __, ...definition }) => definition),
);
