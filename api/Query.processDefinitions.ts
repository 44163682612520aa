import { definitions } from '../core/definitions.ts';
import { field } from './field.ts';

export const handler = field(async () =>
  [...definitions().values()].map(({ outputStep: _, starts: __, ...definition }) => definition),
);
