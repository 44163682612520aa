import { UnsupportedTemplate } from '../common/errors.ts';
import { evaluate, type Scope } from './intrinsics.ts';
import { attributeOf, type LocalEnvironment, placeholder } from './references.ts';
import type { Resource } from './resources.ts';

/** The parts of a template that are read. */
export type Template = {
  Resources?: Record<string, Resource>;
  Outputs?: Record<string, { Value: unknown; Condition?: string; Export?: { Name: unknown } }>;
  Parameters?: Record<string, { Type: string; Default?: unknown }>;
  Conditions?: Record<string, unknown>;
  Mappings?: Record<string, Record<string, Record<string, unknown>>>;
};

/** What a stack knows of the other stacks of its app. */
export type Siblings = {
  environment: LocalEnvironment;
  /** Returns the value of an export; undefined if no stack of the app has it. */
  exported(name: string): unknown;
  stackNamed(name: string): StackTemplate | undefined;
  /** Returns the path of an API's URL. */
  apiPath(resourceId: string): string;
};

type StackOptions = {
  template: Template;
  /** Unique in the app, and a part of the names of its resources. */
  id: string;
  /** Its name in CloudFormation. */
  name: string;
  /** The construct's path: `Beta/Shop`. */
  path: string;
  /** The paths of its resources and outputs, by logical id. */
  paths: ReadonlyMap<string, string>;
  /** The values of a nested stack's parameters. */
  parameters?: () => Record<string, unknown>;
  siblings: Siblings;
};

/** One stack of an app, nested or not. Everything is evaluated when it is asked for. */
export class StackTemplate implements Scope {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  /** By logical id. */
  readonly nested = new Map<string, StackTemplate>();
  readonly #template: Template;
  readonly #paths: ReadonlyMap<string, string>;
  readonly #parameters: () => Record<string, unknown>;
  readonly #siblings: Siblings;

  constructor({ template, id, name, path, paths, parameters = () => ({}), siblings }: StackOptions) {
    this.id = id;
    this.name = name;
    this.path = path;
    this.#template = template;
    this.#paths = paths;
    this.#parameters = parameters;
    this.#siblings = siblings;
  }

  /** Returns the resources whose condition holds, by logical id. */
  resources(): [logicalId: string, resource: Resource][] {
    return Object.entries(this.#template.Resources ?? {}).filter(([, resource]) => this.#exists(resource));
  }

  /** Returns the id of a resource, which is unique in the app. */
  idOf(logicalId: string): string {
    return `${this.id}-${logicalId}`;
  }

  /** Returns the construct's path of a resource or an output. */
  pathOf(logicalId: string): string {
    return this.#paths.get(logicalId) ?? `${this.path}/${logicalId}`;
  }

  outputs(): [logicalId: string, value: unknown][] {
    return Object.entries(this.#template.Outputs ?? {})
      .filter(([, output]) => this.#exists(output))
      .map(([logicalId, { Value }]) => [logicalId, this.evaluate(Value)]);
  }

  /** Returns the output that is exported under the name. */
  exportNamed(name: string): { value: unknown } | undefined {
    const found = Object.values(this.#template.Outputs ?? {}).find(
      ({ Export }) => Export && this.evaluate(Export.Name) === name,
    );
    return found && { value: this.evaluate(found.Value) };
  }

  evaluate(value: unknown): unknown {
    return evaluate(value, this);
  }

  reference(id: string, attribute: string): unknown {
    const resource = ownValue(this.#template.Resources, id);
    if (resource) return this.#attributeOf(id, resource, attribute);
    if (attribute === 'Ref') {
      const parameter = ownValue(this.#template.Parameters, id);
      if (parameter) return this.#parameterOf(id, parameter);
      const pseudo = this.#pseudoParameters().get(id);
      if (pseudo !== undefined) return pseudo.value;
    }
    throw new UnsupportedTemplate([attribute === 'Ref' ? `Ref of ${id}` : `attribute ${attribute} of ${id}`]);
  }

  condition(name: string): boolean {
    const condition = ownValue(this.#template.Conditions, name);
    if (condition === undefined)
      throw new UnsupportedTemplate([`condition ${name}, which is not in the template`]);
    return Boolean(this.evaluate(condition));
  }

  mapped(mapping: string, key: string, secondKey: string): unknown {
    return ownValue(ownValue(ownValue(this.#template.Mappings, mapping), key), secondKey);
  }

  exported(name: string): unknown {
    return this.#siblings.exported(name) ?? placeholder(name);
  }

  outputOf(stackName: string, output: string): unknown {
    const values = new Map(this.#siblings.stackNamed(stackName)?.outputs());
    return values.get(output) ?? placeholder(`${stackName}.${output}`);
  }

  #exists({ Condition }: { Condition?: string }): boolean {
    return Condition === undefined || this.condition(Condition);
  }

  #attributeOf(logicalId: string, { Type, Properties = {} }: Resource, attribute: string): unknown {
    const output = /^Outputs\.(.+)$/.exec(attribute)?.[1];
    const nested = this.nested.get(logicalId);
    if (nested && output !== undefined) return new Map(nested.outputs()).get(output);
    const id = this.idOf(logicalId);
    const { environment, apiPath } = this.#siblings;
    const property = (name: string) => this.evaluate(ownValue(Properties, name));
    return attributeOf({ id, type: Type, property, apiPath: apiPath(id) }, attribute, environment);
  }

  #parameterOf(name: string, { Type, Default }: { Type: string; Default?: unknown }): unknown {
    const given = ownValue(this.#parameters(), name);
    if (given !== undefined) return given;
    if (Default === undefined || Type.startsWith('AWS::SSM::Parameter::Value'))
      return placeholder(String(Default ?? name));
    return Type.includes('List') ? String(Default).split(',') : String(Default);
  }

  #pseudoParameters(): ReadonlyMap<string, { value: unknown }> {
    const { region, accountId } = this.#siblings.environment;
    return new Map<string, { value: unknown }>([
      ['AWS::Region', { value: region }],
      ['AWS::AccountId', { value: accountId }],
      ['AWS::Partition', { value: 'aws' }],
      ['AWS::URLSuffix', { value: 'amazonaws.com' }],
      ['AWS::StackName', { value: this.name }],
      ['AWS::StackId', { value: `arn:aws:cloudformation:${region}:${accountId}:stack/${this.name}/local` }],
      ['AWS::NotificationARNs', { value: [] }],
      ['AWS::NoValue', { value: undefined }],
    ]);
  }
}

function ownValue<Value>(record: Record<string, Value> | undefined, name: string): Value | undefined {
  return record && Object.hasOwn(record, name) ? record[name] : undefined;
}
