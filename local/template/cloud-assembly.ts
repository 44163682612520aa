/**
 * The stacks and assets of a cloud assembly, with those of its stages and its nested stacks.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UnsupportedTemplate } from '../common/errors.ts';
import { type Siblings, StackTemplate, type Template } from './stack-template.ts';

type Metadata = Record<string, { type: string; data?: unknown }[]>;
type Artifact = {
  type: string;
  properties?: { templateFile?: string; file?: string; directoryName?: string; stackName?: string };
  displayName?: string;
  metadata?: Metadata;
  additionalMetadataFile?: string;
};
type AssetManifest = {
  files?: Record<string, { source: { path?: string }; destinations: Record<string, { objectKey: string }> }>;
};

/** The stacks of an assembly. */
export type CloudAssembly = {
  /** With the nested ones, each after its parent. */
  stacks: readonly StackTemplate[];
  /** Returns the folder or file of an asset, by its key in the CDK's asset bucket. */
  assetPath(objectKey: string): string;
};

/** Reads the stacks of an assembly. `siblings` may refer to them: nothing is evaluated yet. */
export function readCloudAssembly(folder: string, siblings: Siblings): CloudAssembly {
  const artifacts = readArtifacts(folder);
  const assets = new Map(artifacts.flatMap(({ folder: of, artifact }) => assetPaths(of, artifact)));
  const assetPath = (objectKey: string) => {
    const path = assets.get(objectKey);
    if (!path) throw new UnsupportedTemplate([`asset ${objectKey}, which is not in the cloud assembly`]);
    return path;
  };
  const stacks: StackTemplate[] = [];
  for (const { folder: of, id, artifact } of artifacts) {
    const { type, properties, displayName = id } = artifact;
    if (type !== 'aws:cloudformation:stack' || !properties?.templateFile) continue;
    const pathsOfIds = idPaths(of, artifact);
    const name = properties.stackName ?? id;
    add(join(of, properties.templateFile), { id, name, path: displayName, pathsOfIds });
  }

  function add(
    file: string,
    {
      pathsOfIds,
      ...own
    }: {
      id: string;
      name: string;
      path: string;
      pathsOfIds: readonly (readonly [id: string, path: string])[];
      parameters?: () => Record<string, unknown>;
    },
  ): void {
    const template = readJson<Template>(file);
    const paths = new Map(pathsOfIds.filter(([, path]) => path.startsWith(`${own.path}/`)));
    const stack = new StackTemplate({ ...own, template, paths, siblings });
    stacks.push(stack);
    for (const [logicalId, { Type, Properties = {} }] of stack.resources()) {
      if (Type !== 'AWS::CloudFormation::Stack') continue;
      const url = String(stack.evaluate(Properties.TemplateURL));
      const index = stacks.length;
      add(assetPath(url.slice(url.lastIndexOf('/') + 1)), {
        id: stack.idOf(logicalId),
        name: stack.idOf(logicalId),
        path: stack.pathOf(logicalId).replace(/\.NestedStack\/.*$/, ''),
        pathsOfIds,
        parameters: () => (stack.evaluate(Properties.Parameters) ?? {}) as Record<string, unknown>,
      });
      const nested = stacks[index];
      if (nested) stack.nested.set(logicalId, nested);
    }
  }

  return { stacks, assetPath };
}

function readArtifacts(folder: string): { folder: string; id: string; artifact: Artifact }[] {
  const { artifacts = {} } = readJson<{ artifacts?: Record<string, Artifact> }>(
    join(folder, 'manifest.json'),
  );
  return Object.entries(artifacts).flatMap(([id, artifact]) => {
    const { type, properties } = artifact;
    return type === 'cdk:cloud-assembly' && properties?.directoryName
      ? readArtifacts(join(folder, properties.directoryName))
      : [{ folder, id, artifact }];
  });
}

/**
 * Returns the constructs' paths of a stack's logical ids. A nested stack may repeat an id of its
 * parent, whose path is shorter, and therefore comes last.
 */
function idPaths(folder: string, { metadata, additionalMetadataFile }: Artifact) {
  const additional = additionalMetadataFile ? readJson<Metadata>(join(folder, additionalMetadataFile)) : {};
  return Object.entries({ ...metadata, ...additional })
    .flatMap(([path, entries]) =>
      entries
        .filter(({ type }) => type === 'aws:cdk:logicalId')
        .map(({ data }): [string, string] => [String(data), path.replace(/^\//, '')]),
    )
    .sort(([, a], [, b]) => b.length - a.length);
}

function assetPaths(folder: string, { type, properties }: Artifact): [objectKey: string, path: string][] {
  if (type !== 'cdk:asset-manifest' || !properties?.file) return [];
  const { files = {} } = readJson<AssetManifest>(join(folder, properties.file));
  return Object.values(files).flatMap(({ source: { path }, destinations }) =>
    path === undefined
      ? []
      : Object.values(destinations).map(({ objectKey }): [string, string] => [objectKey, join(folder, path)]),
  );
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}
