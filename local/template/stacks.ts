/**
 * The resources of an app: what its stacks have in common, and the facades among them.
 */
import { type StartError, UnsupportedTemplate } from '../common/errors.ts';
import { type CloudAssembly, readCloudAssembly } from './cloud-assembly.ts';
import type { PassedOver } from './passed-over.ts';
import type { LocalEnvironment } from './references.ts';
import { type Resource, treatmentOf } from './resources.ts';
import type { StackTemplate } from './stack-template.ts';

/**
 * A resource with its name and ARN on this machine, and its properties with every intrinsic
 * function evaluated. `id` is unique in the app.
 */
export type EvaluatedResource = {
  id: string;
  ref: string;
  arn: string;
  properties: Record<string, unknown>;
};

/** A facade of the app. */
export type Facade = {
  /** Its construct's path, with hyphens: `Shop-Orders`. */
  name: string;
  /** The id of its API. */
  apiId: string;
  /** The path of its API's URL: `/graphql`, or `/graphql/<name>` if there are several facades. */
  apiPath: string;
  outputs: Record<string, string>;
};

/** All stacks of an app. */
export type Stacks = {
  /** Returns the resources of a type, as far as they are served. */
  resources(type: string): EvaluatedResource[];
  facades: readonly Facade[];
  /** The cloud assembly. */
  folder: string;
  /** Returns the folder or file of an asset, by its key in the CDK's asset bucket. */
  assetPath(objectKey: string): string;
  /**
   * Passes over a resource that cannot be served. For one of a facade, which needs it, throws
   * `cause`, or else {@link UnsupportedTemplate}.
   */
  passOver(idOrArn: string, problems: readonly string[], cause?: StartError): void;
  /** Reports a resource that is served, but not in full. */
  mention(resourceId: string, reason: string): void;
  /** Returns what was passed over so far. */
  passedOver(): readonly PassedOver[];
  /** Returns why a function is not served, by its name or ARN. */
  whyNotServed(functionNameOrArn: string): string | undefined;
};

type Placed = { stack: StackTemplate; logicalId: string; resource: Resource; id: string; path: string };

const API = 'AWS::AppSync::GraphQLApi';
const FUNCTION = 'AWS::Lambda::Function';
const SCHEMA = 'AWS::AppSync::GraphQLSchema';
/** A field that only a facade's API has. */
const FACADE_FIELD = 'publishProcessState(';

/**
 * Reads the stacks of an assembly for the environment. Throws {@link UnsupportedTemplate} with
 * everything of a facade that the runtime does not support, and for an app without a facade.
 */
export function readStacks(assemblyFolder: string, environment: LocalEnvironment): Stacks {
  const apiPaths = new Map<string, string>();
  const assembly: CloudAssembly = readCloudAssembly(assemblyFolder, {
    environment,
    exported: (name) => assembly.stacks.map((stack) => stack.exportNamed(name)).find(Boolean)?.value,
    stackNamed: (name) => assembly.stacks.find((stack) => stack.name === name),
    apiPath: (id) => apiPaths.get(id) ?? '/not-served',
  });
  const all = assembly.stacks.flatMap(placedOf);
  const apis = facadeApis(all);
  const places = apis.map(({ path }) => path.replace(/\/[^/]+$/, ''));
  if (apis.length === 0)
    throw new UnsupportedTemplate([
      'an app without a ProcessFacade. Expected one in at least one of its stacks',
    ]);
  for (const [index, { id }] of apis.entries())
    apiPaths.set(id, apis.length === 1 ? '/graphql' : `/graphql/${nameOf(places[index])}`);

  const passedOver: PassedOver[] = [];
  const isOfFacade = (path: string) => places.some((place) => path.startsWith(`${place}/`));
  const served: Placed[] = [];
  const unsupported: string[] = [];
  for (const each of all) {
    const { resource, path } = each;
    const treatment = treatmentOf(resource);
    if (treatment.kind === 'served') served.push(each);
    if (treatment.kind !== 'passedOver') continue;
    const problems = treatment.unsupported.map((name) => `property ${name}`);
    if (isOfFacade(path) && problems.length > 0)
      unsupported.push(...problems.map((problem) => `${path}: ${problem} of ${resource.Type}`));
    else passedOver.push(passed(each, problems));
  }
  if (unsupported.length > 0) throw new UnsupportedTemplate(unsupported);

  const stacks: Stacks = {
    folder: assemblyFolder,
    resources: (type) =>
      served
        .filter(({ resource }) => resource.Type === type)
        .flatMap((each) => {
          try {
            return [evaluated(each)];
          } catch (error) {
            if (!(error instanceof UnsupportedTemplate)) throw error;
            stacks.passOver(each.id, error.unsupported);
            return [];
          }
        }),
    facades: apis.map(({ id }, index) => ({
      name: nameOf(places[index]),
      apiId: id,
      apiPath: apiPaths.get(id) ?? '',
      outputs: outputsOf(assembly.stacks, `${places[index]}/`, apis.length === 1),
    })),
    assetPath: assembly.assetPath,
    passOver(id, problems, cause) {
      const index = served.findIndex((each) => each.id === id || arnOf(each) === id);
      const each = served[index];
      if (!each) return;
      if (isOfFacade(each.path))
        throw cause ?? new UnsupportedTemplate(problems.map((problem) => `${each.path}: ${problem}`));
      served.splice(index, 1);
      passedOver.push(passed(each, problems));
    },
    mention(id, reason) {
      const each = all.find((other) => other.id === id);
      if (each) passedOver.push(passed(each, [reason]));
    },
    passedOver: () => passedOver,
    whyNotServed: (name) =>
      passedOver.find(({ type, arn }) => type === FUNCTION && (arn === name || arn.endsWith(`:${name}`)))
        ?.reason,
  };
  return stacks;
}

function placedOf(stack: StackTemplate): Placed[] {
  return stack.resources().map(([logicalId, resource]) => ({
    stack,
    logicalId,
    resource,
    id: stack.idOf(logicalId),
    path: stack.pathOf(logicalId).replace(/\/(Resource|Default)$/, ''),
  }));
}

/** A facade is known by its schema. */
function facadeApis(all: readonly Placed[]): Placed[] {
  const ids = all
    .filter(({ resource }) => resource.Type === SCHEMA)
    .filter(({ resource }) => String(resource.Properties?.Definition).includes(FACADE_FIELD))
    .map(({ stack, resource }) => stack.evaluate(resource.Properties?.ApiId));
  return all.filter(
    ({ resource, stack, logicalId }) =>
      resource.Type === API && ids.includes(stack.reference(logicalId, 'ApiId')),
  );
}

function evaluated({ stack, logicalId, resource, id }: Placed): EvaluatedResource {
  return {
    id,
    ref: String(stack.reference(logicalId, 'Ref')),
    arn: arnOf({ stack, logicalId }),
    properties: stack.evaluate(resource.Properties ?? {}) as Record<string, unknown>,
  };
}

/** Returns the outputs of the facade at a place. The only facade also gets those of the app. */
function outputsOf(
  stacks: readonly StackTemplate[],
  place: string,
  withOthers: boolean,
): Record<string, string> {
  const all = stacks.flatMap((stack) =>
    stack.outputs().map(([logicalId, value]) => [stack.pathOf(logicalId), String(value)] as const),
  );
  const own = all.filter(([path]) => path.startsWith(place));
  return Object.fromEntries(
    // An output of the app may have the name of one of the facade's.
    [...(withOthers ? all : []), ...own].map(([path, value]) => [
      path.slice(path.lastIndexOf('/') + 1),
      value,
    ]),
  );
}

function passed({ stack, logicalId, resource, path }: Placed, problems: readonly string[]): PassedOver {
  const reason = problems.length > 0 ? { reason: problems.join('; ') } : {};
  return { type: resource.Type, label: path, arn: arnOf({ stack, logicalId }), ...reason };
}

/** Returns '' for a resource whose name cannot be evaluated. */
function arnOf({ stack, logicalId }: Pick<Placed, 'stack' | 'logicalId'>): string {
  try {
    return String(stack.reference(logicalId, 'Arn'));
  } catch (error) {
    if (error instanceof UnsupportedTemplate) return '';
    throw error;
  }
}

function nameOf(place = ''): string {
  return place.replaceAll(/[^A-Za-z0-9-]/g, '-');
}
