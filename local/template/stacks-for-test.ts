import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Template } from './stack-template.ts';
import { readStacks, type Stacks } from './stacks.ts';

const ENVIRONMENT = {
  region: 'us-east-1',
  accountId: '000000000000',
  origin: 'http://127.0.0.1:4000',
  apiKey: 'da2-key',
};

/** A facade, as far as the runtime recognizes it. */
export const FACADE_RESOURCES = {
  Api: { Type: 'AWS::AppSync::GraphQLApi', Properties: { AuthenticationType: 'API_KEY' } },
  Schema: {
    Type: 'AWS::AppSync::GraphQLSchema',
    Properties: {
      ApiId: { 'Fn::GetAtt': ['Api', 'ApiId'] },
      Definition: 'type Mutation { publishProcessState(state: ID!): ID }',
    },
  },
};

/** The construct's paths of {@link FACADE_RESOURCES} in a stack. */
const FACADE_PATHS = { Api: 'Facade/Api/Resource', Schema: 'Facade/Api/Schema' };

type Given = Template & {
  /** The constructs' paths by logical id, below the stack. */
  paths?: Record<string, string>;
  /** The stage that the stack is in. */
  stage?: string;
  /** Files of the assembly, such as assets, by name. */
  files?: Record<string, string>;
};

/**
 * Reads the stacks of an assembly that is written for it. A stack with a facade is added, unless
 * one of them has it.
 */
export function stacksOf(given: Record<string, Given>): Stacks {
  const folder = mkdtempSync(join(tmpdir(), 'stacks-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const hasFacade = Object.values(given).some(({ Resources }) => Resources && 'Schema' in Resources);
  const all: Record<string, Given> = {
    ...given,
    ...(hasFacade ? {} : { Main: { Resources: FACADE_RESOURCES } }),
  };
  const stages = Map.groupBy(Object.entries(all), ([, { stage }]) => stage);
  const artifacts: Record<string, unknown> = {};
  for (const [stage, stacks] of stages) {
    const of = stage === undefined ? folder : join(folder, stage);
    mkdirSync(of, { recursive: true });
    const own: Record<string, unknown> = stage === undefined ? artifacts : {};
    if (stage !== undefined)
      artifacts[stage] = { type: 'cdk:cloud-assembly', properties: { directoryName: stage } };
    for (const [name, stack] of stacks) Object.assign(own, writeStack(of, name, stack));
    if (stage !== undefined) write(join(of, 'manifest.json'), { artifacts: own });
  }
  write(join(folder, 'manifest.json'), { artifacts });
  return readStacks(folder, ENVIRONMENT);
}

function writeStack(folder: string, name: string, { paths, stage, files = {}, ...template }: Given) {
  const displayName = stage === undefined ? name : `${stage}/${name}`;
  const all = { ...(template.Resources && 'Schema' in template.Resources ? FACADE_PATHS : {}), ...paths };
  const metadata = Object.fromEntries(
    Object.entries(all).map(([id, path]) => [
      `/${displayName}/${path}`,
      [{ type: 'aws:cdk:logicalId', data: id }],
    ]),
  );
  write(join(folder, `${name}.template.json`), template);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  write(join(folder, `${name}.assets.json`), {
    files: Object.fromEntries(
      Object.keys(files).map((file) => [
        file,
        { source: { path: file }, destinations: { a: { objectKey: file } } },
      ]),
    ),
  });
  return {
    [`${name}.assets`]: { type: 'cdk:asset-manifest', properties: { file: `${name}.assets.json` } },
    [name]: {
      type: 'aws:cloudformation:stack',
      properties: { templateFile: `${name}.template.json` },
      displayName,
      metadata,
    },
  };
}

function write(file: string, content: unknown): void {
  writeFileSync(file, JSON.stringify(content));
}
