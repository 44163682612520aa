import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { getVariableValues, Kind, parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { buildAppSyncSchema } from '../../local/appsync/graphql/schema.ts';
import { exampleOperations, type Startable } from './example-operations.ts';

const projectDir = join(import.meta.dirname, '..', '..');
const schema = buildAppSyncSchema(await readFile(join(projectDir, 'schema.graphql'), 'utf8'));
const inputSchema = await readFile(join(projectDir, 'steps/order/input.schema.json'), 'utf8');

test.each(exampleOperations([{ name: 'order', inputSchema }]))(
  'example %# is an operation of the schema, with variables that it takes',
  (example) => {
    const document = parse(example.query);
    const [operation] = document.definitions;
    if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('the example has no operation');

    expect(validate(schema, document)).toEqual([]);
    const variables = JSON.parse(example.variables ?? '{}');
    expect(getVariableValues(schema, operation.variableDefinitions ?? [], variables).errors).toBeUndefined();
  },
);

const startOf = (...definitions: Startable[]) =>
  JSON.parse(exampleOperations(definitions)[0]?.variables ?? '');

test('the order of the example is one that can be started', () => {
  const { definition, input } = startOf({ name: 'order', inputSchema });
  const ajv = new Ajv2020();
  addFormats.default(ajv);
  ajv.validate(JSON.parse(inputSchema), JSON.parse(input));

  expect(ajv.errors).toBeNull();
  expect(definition).toBe('order');
  expect(JSON.parse(input)).toHaveProperty('orderId');
});

test('the start is that of the first definition, with an empty input where its schema has no example', () => {
  const [resize, scan] = ['resize', 'scan'].map((name) => ({ name, inputSchema: '{}' }));
  expect(startOf(resize as Startable, scan as Startable)).toEqual({ definition: 'resize', input: '{}' });
  expect(startOf()).toEqual({ definition: '', input: '{}' });
});
