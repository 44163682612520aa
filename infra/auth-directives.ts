/**
 * The schema as it is deployed: schema.graphql with AppSync's directives for the caller modes in
 * use.
 *
 * A field or type without a directive is open to the default mode alone, so a type that is read in
 * two modes names both:
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
 * Callers reach every field but `publish*`; the facade's own roles (IAM) reach only these, and the
 * types that they push.
 */
export function withAuthDirectives(schema: string): string {
  const document = parse(schema);
  const pushed = pushedTypes(
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
        return add(node, pushed.has(node.name.value) ? [...CALLERS, SERVICE] : CALLERS);
      },
    }),
  );
}

/** Every field of an object type, for the selection of a mutation that must push all of them. */
export function fieldsOf(schema: string, type: string): string[] {
  const node = parse(schema).definitions.find(
    (definition) => definition.kind === Kind.OBJECT_TYPE_DEFINITION && definition.name.value === type,
  ) as ObjectTypeDefinitionNode | undefined;
  return node?.fields?.map(({ name }) => name.value) ?? [];
}

function pushedTypes(types: ObjectTypeDefinitionNode[]): Set<string> {
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
