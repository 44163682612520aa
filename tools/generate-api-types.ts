/**
 * `npm run generate` writes the TypeScript types of the API from schema.graphql; with `--check` it
 * fails where a file is stale. schema.graphql is the only place where these types are written by
 * hand.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type EnumTypeDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  print,
  type TypeNode,
} from 'graphql';

type Target = {
  file: string;
  /** TypeScript type of AWSJSON: text on the wire, a value in the functions behind AppSync. */
  json: string;
  /** Types to write, in order. */
  types: readonly string[];
  /** Types that also get a constant that selects all their fields. */
  selections: readonly string[];
  /** Fields whose arguments get a type, `<Field>Arguments`. */
  fields: readonly string[];
  /** Code for the `@example` of a type. */
  examples: Readonly<Record<string, readonly string[]>>;
};

const TARGETS: readonly Target[] = [
  {
    file: 'core/api-types.ts',
    json: 'unknown',
    types: [
      'ProcessStatus',
      'ConflictPolicy',
      'ProcessState',
      'ProcessStep',
      'Document',
      'ProcessData',
      'ProcessEvent',
      'ProcessEventPage',
      'ProcessDefinition',
    ],
    selections: ['ProcessState'],
    fields: [
      'startProcess',
      'stopProcess',
      'processData',
      'processHistory',
      'publishProcessState',
      'publishProcessStep',
    ],
    examples: {},
  },
  {
    file: 'client/api-types.ts',
    json: 'string',
    types: [
      'ProcessStatus',
      'ConflictPolicy',
      'ProcessState',
      'ProcessStep',
      'Document',
      'ProcessData',
      'ProcessEvent',
      'ProcessEventPage',
      'ProcessDefinition',
    ],
    selections: ['ProcessState', 'Document', 'ProcessEvent', 'ProcessDefinition'],
    fields: [],
    examples: {
      ProcessStatus: [
        "const isOver = (status: ProcessStatus) => status !== 'RUNNING' && status !== 'PENDING_REDRIVE';",
      ],
      ProcessState: ['const percent = (state: ProcessState) => (100 * state.stepsDone) / state.stepsTotal;'],
      ProcessStep: ["const label = ({ step, part }: ProcessStep) => [step, part ?? []].flat().join('/');"],
      ProcessEvent: [
        "const line = ({ at, type, state }: ProcessEvent) => [at, type, state ?? ''].join(' ');",
      ],
    },
  },
];

const SCALARS: Readonly<Record<string, string>> = {
  ID: 'string',
  String: 'string',
  Int: 'number',
  Float: 'number',
  Boolean: 'boolean',
  AWSDateTime: 'string',
  AWSURL: 'string',
};

/** 100 columns, less the indentation and ` * `. */
const TEXT_COLUMNS = 95;
const ROOT = join(import.meta.dirname, '..');
const { definitions } = parse(readFileSync(join(ROOT, 'schema.graphql'), 'utf8'));

const option = process.argv[2];
if ((option !== undefined && option !== '--check') || process.argv.length > 3) {
  console.error(`Expected nothing or --check, got ${process.argv.slice(2).join(' ')}`);
  process.exit(1);
}
for (const target of TARGETS) {
  const text = format(target.file, moduleOf(target));
  if (option !== '--check') writeFileSync(join(ROOT, target.file), text);
  else if (readFileSync(join(ROOT, target.file), 'utf8').replaceAll('\r\n', '\n') !== text) {
    console.error(`${target.file} is stale: run npm run generate`);
    process.exitCode = 1;
  }
}

function moduleOf(target: Target): string {
  const types = target.types.map((name) => {
    const definition = typeNamed(name);
    return definition.kind === Kind.ENUM_TYPE_DEFINITION
      ? enumType(definition, target)
      : objectType(definition, target);
  });
  return [
    '/** Types of the API. Generated from schema.graphql by `npm run generate`; do not edit. */\n',
    ...types,
    ...target.fields.map((field) => argumentsType(field, target)),
    ...target.selections.map(selection),
  ].join('\n');
}

function typeNamed(name: string): EnumTypeDefinitionNode | ObjectTypeDefinitionNode {
  for (const definition of definitions) {
    const isType =
      definition.kind === Kind.ENUM_TYPE_DEFINITION || definition.kind === Kind.OBJECT_TYPE_DEFINITION;
    if (isType && definition.name.value === name) return definition;
  }
  throw new Error(`Expected a type or enum ${name} in schema.graphql, found none`);
}

function enumType({ name, description, values = [] }: EnumTypeDefinitionNode, target: Target): string {
  const list = values.flatMap((value) =>
    wrap(`- \`${value.name.value}\`: ${value.description?.value ?? ''}`, '  '),
  );
  const union = values.map((value) => `'${value.name.value}'`).join(' | ');
  const lines = [...wrap(description?.value ?? ''), '', ...list, ...exampleOf(name.value, target)];
  return `${docstring(lines)}export type ${name.value} = ${union};\n`;
}

function objectType({ name, description, fields = [] }: ObjectTypeDefinitionNode, target: Target): string {
  const members = fields.map((field) =>
    [
      docstring(wrap(field.description?.value ?? '')),
      `${field.name.value}: ${typeOf(field.type, target)};\n`,
    ].join(''),
  );
  const lines = [...wrap(description?.value ?? ''), ...exampleOf(name.value, target)];
  return `${docstring(lines)}export type ${name.value} = {\n${members.join('')}};\n`;
}

function argumentsType(field: string, target: Target): string {
  const owner = ['Query', 'Mutation'].map(typeNamed).find((type) => fieldOf(type, field));
  const members = (fieldOf(owner, field)?.arguments ?? []).map((argument: InputValueDefinitionNode) => {
    const optional = argument.type.kind === Kind.NON_NULL_TYPE ? '' : '?';
    return `${argument.name.value}${optional}: ${typeOf(argument.type, target)};\n`;
  });
  const name = `${field[0]?.toUpperCase()}${field.slice(1)}Arguments`;
  return `/** Arguments of ${owner?.name.value}.${field}. */\nexport type ${name} = {\n${members.join('')}};\n`;
}

function fieldOf(type: EnumTypeDefinitionNode | ObjectTypeDefinitionNode | undefined, name: string) {
  if (type?.kind !== Kind.OBJECT_TYPE_DEFINITION) return undefined;
  return type.fields?.find((field) => field.name.value === name);
}

/**
 * Returns a constant such as PROCESS_STATE_FIELDS, which selects every field of a type of scalars.
 */
function selection(name: string): string {
  const type = typeNamed(name);
  if (type.kind !== Kind.OBJECT_TYPE_DEFINITION) throw new Error(`Expected ${name} to be a type`);
  const names = type.fields?.map((field) => field.name.value).join(' ');
  const constant = name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
  return `/** Selection of all fields of {@link ${name}}. */\nexport const ${constant}_FIELDS = '{ ${names} }';\n`;
}

function typeOf(type: TypeNode, target: Target): string {
  if (type.kind === Kind.NON_NULL_TYPE) return presentType(type.type, target);
  const present = presentType(type, target);
  return present === 'unknown' ? present : `${present} | null`;
}

function presentType(type: Exclude<TypeNode, { kind: Kind.NON_NULL_TYPE }>, target: Target): string {
  if (type.kind === Kind.LIST_TYPE) {
    const item = typeOf(type.type, target);
    return item.includes('|') ? `(${item})[]` : `${item}[]`;
  }
  const name = type.name.value;
  if (name === 'AWSJSON') return target.json;
  if (SCALARS[name]) return SCALARS[name];
  if (target.types.includes(name)) return name;
  const mirrored = name.replace(/Input$/, '');
  if (target.types.includes(mirrored) && fieldsOf(name) === fieldsOf(mirrored)) return mirrored;
  throw new Error(
    `Expected ${name} to be a scalar, one of ${target.types.join(', ')}, or the input type of one with its fields`,
  );
}

/** Returns the fields of an object or input type with their types, for comparison. */
function fieldsOf(name: string): string {
  for (const definition of definitions) {
    const isType =
      definition.kind === Kind.OBJECT_TYPE_DEFINITION ||
      definition.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION;
    if (!isType || definition.name.value !== name) continue;
    return (definition.fields ?? []).map((field) => `${field.name.value}: ${print(field.type)}`).join(' ');
  }
  return '';
}

function exampleOf(name: string, { examples }: Target): string[] {
  const example = examples[name];
  return example ? ['', '@example', ...example] : [];
}

function docstring(lines: readonly string[]): string {
  const [first = '', ...more] = lines;
  if (more.length === 0 && first.length <= TEXT_COLUMNS - ' */'.length) return `/** ${first} */\n`;
  return `/**\n${lines.map((line) => ` * ${line}`.trimEnd()).join('\n')}\n */\n`;
}

/** Wraps a description; lines after the first are indented. */
function wrap(text: string, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length > TEXT_COLUMNS && line !== '') {
      lines.push(line);
      line = `${indent}${word}`;
    } else line = longer;
  }
  return [...lines, line];
}

function format(file: string, text: string): string {
  const biome = join(ROOT, 'tools/node_modules/@biomejs/biome/bin/biome');
  return execFileSync(process.execPath, [biome, 'format', `--stdin-file-path=${file}`], {
    cwd: ROOT,
    input: text,
    encoding: 'utf8',
  });
}
