/**
 * `npm run generate` writes the samples' `input.schema.json` from their zod schemas and examples;
 * with `--check` it fails where one is stale.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { OrderInput } from '../steps/order/documents.ts';
import { RestockInput } from '../steps/restock/documents.ts';
import { ShippingInput } from '../steps/shipping/documents.ts';

const [option, ...more] = process.argv.slice(2);
if ((option !== undefined && option !== '--check') || more.length > 0) {
  console.error(`Expected nothing or --check, got ${process.argv.slice(2).join(' ')}`);
  process.exit(1);
}
const schemas = { order: OrderInput, shipping: ShippingInput, restock: RestockInput };

let stale = false;
for (const [definition, schema] of Object.entries(schemas)) {
  const file = join(import.meta.dirname, '../steps', definition, 'input.schema.json');
  const example = join(import.meta.dirname, '../examples', `${definition}.json`);
  const examples = existsSync(example) ? [JSON.parse(readFileSync(example, 'utf8'))] : undefined;
  const text = `${JSON.stringify({ ...z.toJSONSchema(schema, { io: 'input' }), examples }, null, 2)}\n`;
  if (option !== '--check') {
    writeFileSync(file, text);
  } else if (JSON.stringify(JSON.parse(readFileSync(file, 'utf8'))) !== JSON.stringify(JSON.parse(text))) {
    console.error(`steps/${definition}/input.schema.json is stale: run npm run generate`);
    stale = true;
  }
}
process.exitCode = stale ? 1 : 0;
