import {
  type ASTNode,
  type DocumentNode,
  type GraphQLInputType,
  type GraphQLSchema,
  Kind,
  type ObjectValueNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';

/**
 * The position of a node in a document: its enclosing fields separated by `/`. For a value also its
 * argument with a `.` before each nested field, the enclosing object literal, and the expected
 * type.
 */
export type DocumentPlace = {
  fields: string;
  argument: string;
  within?: ObjectValueNode;
  wanted?: GraphQLInputType;
};

/** Returns the positions of all nodes, from their operation or fragment. */
export function placesOf(document: DocumentNode, schema: GraphQLSchema): Map<ASTNode, DocumentPlace> {
  const places = new Map<ASTNode, DocumentPlace>();
  const typeInfo = new TypeInfo(schema);
  const fields: string[] = [];
  const argument: string[] = [];
  const objects: ObjectValueNode[] = [];
  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      enter(node) {
        if (node.kind === Kind.FIELD || node.kind === Kind.FRAGMENT_DEFINITION) fields.push(node.name.value);
        if (node.kind === Kind.ARGUMENT || node.kind === Kind.OBJECT_FIELD) argument.push(node.name.value);
        const wanted = typeInfo.getInputType();
        const within = objects.at(-1);
        if (node.kind === Kind.OBJECT) objects.push(node);
        places.set(node, {
          fields: fields.join('/'),
          argument: argument.join('.'),
          ...(within && { within }),
          ...(wanted && { wanted }),
        });
      },
      leave(node) {
        if (node.kind === Kind.OBJECT) objects.pop();
        if (node.kind === Kind.FIELD || node.kind === Kind.FRAGMENT_DEFINITION) fields.pop();
        if (node.kind === Kind.ARGUMENT || node.kind === Kind.OBJECT_FIELD) argument.pop();
      },
    }),
  );
  return places;
}
