/**
 * Adds AppSync's directives for the caller modes in use to schema.graphql.
 *
 * A field or type without a directive is open to the default mode only. A type that is read in two
 * modes therefore names both:
 * https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html#using-additional-authorization-modes
 */
import {
  type ConstDirectiveNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  print,
  visit,
} from 'graphql';

const CALLERS = ['aws_api_key'];
const SERVICE = 'aws_iam';
const ROOTS = ['Query', 'Mutation', 'Subscription'];

/**
 * Returns the schema as it is deployed. Callers have access to every field except `publish*`. The
 * facade's own roles (IAM) have access only to these fields and the types that they publish.
 */
export function withAuthDirectives(schema: string): string {
  const document = parse(schema);
  const published = publishedTypes(
    document.definitions.filter((node) => node.kind === Kind.OBJECT_TYPE_DEFINITION),
  );
  return print(
    visit(document, {
      ObjectTypeDefinition(node) {
        if (ROOTS.includes(node.name.value)) {
          const fields =
            node.fields?.map((field) => add(field, isPublish(field) ? [SERVICE] : CALLERS)) ?? [];
          return { ...node, fields };
        }
        return add(node, published.has(node.name.value) ? [...CALLERS, SERVICE] : CALLERS);
      },
    }),
  );
}

/** Returns the fields of an object type, for a mutation that must publish all of them. */
export function fieldsOf(schema: string, type: string): string[] {
  const node = parse(schema).definitions.find(
    (definition) => definition.kind === Kind.OBJECT_TYPE_DEFINITION && definition.name.value === type,
  ) as ObjectTypeDefinitionNode | undefined;
  return node?.fields?.map(({ name }) => name.value) ?? [];
}

function publishedTypes(types: ObjectTypeDefinitionNode[]): Set<string> {
  const mutations = types.find(({ name }) => name.value === 'Mutation')?.fields ?? [];
  return new Set(mutations.filter(isPublish).map(({ type }) => print(type).replace('!', '')));
}

function isPublish(field: FieldDefinitionNode): boolean {
  return field.name.value.startsWith('publish');
}

function add<Node extends FieldDefinitionNode | ObjectTypeDefinitionNode>(node: Node, names: string[]): Node {
  const directives: ConstDirectiveNode[] = names.map((value) => ({
    kind: Kind.DIRECTIVE,
    name: { kind: Kind.NAME, value },
  }));
  return { ...node, directives: [...(node.directives ?? []), ...directives] };
}
