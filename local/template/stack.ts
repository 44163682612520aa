/**
 * The only stack of a cloud assembly.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UnsupportedTemplate } from '../common/errors.ts';
import { evaluate } from './intrinsics.ts';
import { type LocalEnvironment, referencesOf } from './references.ts';
import { findUnsupported, type Template } from './resources.ts';

/**
 * A resource with its name and ARN on this machine, and its properties with every intrinsic
 * function evaluated.
 */
export type EvaluatedResource = { id: string; ref: string; arn: string; properties: Record<string, unknown> };

/** A stack. */
export type Stack = {
  resources(type: string): EvaluatedResource[];
  outputs: Record<string, string>;
  /** Returns the folder or file of an asset, by its key in the CDK's asset bucket. */
  assetPath(objectKey: string): string;
};

type Manifest = {
  artifacts: Record<string, { type: string; properties?: { templateFile?: string; file?: string } }>;
};
type AssetManifest = {
  files: Record<string, { source: { path: string }; destinations: Record<string, { objectKey: string }> }>;
};

/**
 * Reads the stack for the given environment. Throws {@link UnsupportedTemplate} with everything
 * that the runtime does not support.
 */
export function readStack(assemblyFolder: string, environment: LocalEnvironment): Stack {
  const { artifacts } = readJson<Manifest>(join(assemblyFolder, 'manifest.json'));
  const stacks = Object.entries(artifacts).filter(([, { type }]) => type === 'aws:cloudformation:stack');
  const [name, stack] = stacks[0] ?? [];
  if (!name || !stack?.properties?.templateFile || stacks.length > 1) {
    throw new UnsupportedTemplate([`an app with ${stacks.length} stacks (one is supported)`]);
  }
  const template = readJson<Template>(join(assemblyFolder, stack.properties.templateFile));
  const unsupported = findUnsupported(template);
  if (unsupported.length > 0) throw new UnsupportedTemplate(unsupported);

  const references = referencesOf(template, name, environment);
  const assets = assetPaths(assemblyFolder, artifacts);
  return {
    resources: (type) =>
      Object.entries(template.Resources)
        .filter(([, resource]) => resource.Type === type)
        .map(([id, { Properties = {} }]) => ({
          id,
          ref: references[id]?.Ref ?? id,
          arn: references[id]?.Arn ?? '',
          properties: evaluate(Properties, references) as Record<string, unknown>,
        })),
    outputs: Object.fromEntries(
      Object.entries(template.Outputs ?? {}).map(([id, { Value }]) => [
        id,
        String(evaluate(Value, references)),
      ]),
    ),
    assetPath: (objectKey) => {
      const path = assets.get(objectKey);
      if (!path) throw new UnsupportedTemplate([`asset ${objectKey}, which is not in the cloud assembly`]);
      return path;
    },
  };
}

function assetPaths(assemblyFolder: string, artifacts: Manifest['artifacts']): Map<string, string> {
  const paths = new Map<string, string>();
  for (const { type, properties } of Object.values(artifacts)) {
    if (type !== 'cdk:asset-manifest' || !properties?.file) continue;
    const { files } = readJson<AssetManifest>(join(assemblyFolder, properties.file));
    for (const { source, destinations } of Object.values(files)) {
      for (const { objectKey } of Object.values(destinations))
        paths.set(objectKey, join(assemblyFolder, source.path));
    }
  }
  return paths;
}

function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}
