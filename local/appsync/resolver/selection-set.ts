import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  GraphQLIncludeDirective,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  Kind,
  print,
  type SelectionNode,
} from 'graphql';

type SelectionContext = Pick<GraphQLResolveInfo, 'fragments' | 'schema' | 'variableValues'>;

/**
 * Returns the fields selected under a field, as paths with `/`. Parents come before their children,
 * aliases replace names, and fragments are expanded.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/resolver-context-reference-js.html#aws-appsync-resolver-context-reference-info-js
 */
export function selectionSetList(info: GraphQLResolveInfo): string[] {
  const list: string[] = [];
  const add = (nodes: readonly FieldNode[], type: GraphQLCompositeType, prefix: string) => {
    for (const [key, children] of selectedFields(info, nodes, type)) {
      list.push(prefix + key);
      const name = children[0]?.name.value ?? '';
      const childType = 'getFields' in type ? type.getFields()[name]?.type : undefined;
      const named = childType && getNamedType(childType);
      if (isCompositeType(named)) add(children, named, `${prefix}${key}/`);
    }
  };
  const type = getNamedType(info.returnType);
  if (isCompositeType(type)) add(info.fieldNodes, type, '');
  return list;
}

/**
 * Returns the selection under a field as GraphQL text, with inline fragments and spreads of named
 * fragments; an empty text for a scalar.
 */
export function selectionSetGraphQL({ fieldNodes }: Pick<GraphQLResolveInfo, 'fieldNodes'>): string {
  const selections = fieldNodes.flatMap((node) => node.selectionSet?.selections ?? []);
  return selections.length === 0 ? '' : print({ kind: Kind.SELECTION_SET, selections });
}

/**
 * Returns only the selected fields of a value, under their response keys: the `data` of an error
 * item.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/built-in-util-js.html
 */
export function onlySelected(value: unknown, info: GraphQLResolveInfo): unknown {
  const type = getNamedType(info.returnType);
  return isCompositeType(type) ? pickSelected(value, info, info.fieldNodes, type) : value;
}

function pickSelected(
  value: unknown,
  context: SelectionContext,
  nodes: readonly FieldNode[],
  type: GraphQLCompositeType,
): unknown {
  if (Array.isArray(value)) return value.map((item) => pickSelected(item, context, nodes, type));
  if (typeof value !== 'object' || value === null) return value;
  // Without a prototype, because a client chooses the aliases.
  const picked: Record<string, unknown> = Object.create(null);
  for (const [key, children] of selectedFields(context, nodes, type)) {
    const name = children[0]?.name.value ?? '';
    if (!Object.hasOwn(value, name)) continue;
    const child: unknown = Reflect.get(value, name);
    const childType = 'getFields' in type ? type.getFields()[name]?.type : undefined;
    const named = childType && getNamedType(childType);
    picked[key] = isCompositeType(named) ? pickSelected(child, context, children, named) : child;
  }
  return picked;
}

/**
 * Returns a response object with field names in place of aliases, from which subscribers of a
 * mutation can select. It includes all fragments, because those that do not apply are not in the
 * response.
 */
export function withoutAliases(
  value: unknown,
  nodes: readonly FieldNode[],
  fragments: Record<string, FragmentDefinitionNode>,
): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutAliases(item, nodes, fragments));
  if (typeof value !== 'object' || value === null) return value;
  const named: Record<string, unknown> = {};
  const selections = nodes.flatMap((node) => node.selectionSet?.selections ?? []);
  for (const [key, children] of fieldsByKey(selections, fragments, () => true)) {
    if (!Object.hasOwn(value, key)) continue;
    named[children[0]?.name.value ?? key] = withoutAliases(Reflect.get(value, key), children, fragments);
  }
  return named;
}

function selectedFields(
  { fragments, schema, variableValues }: SelectionContext,
  nodes: readonly FieldNode[],
  type: GraphQLCompositeType,
): Map<string, FieldNode[]> {
  const selections = nodes.flatMap((node) => node.selectionSet?.selections ?? []);
  return fieldsByKey(selections, fragments, (selection, condition) => {
    if (getDirectiveValues(GraphQLSkipDirective, selection, variableValues)?.if === true) return false;
    if (getDirectiveValues(GraphQLIncludeDirective, selection, variableValues)?.if === false) return false;
    return condition === undefined || applies(schema, condition, type);
  });
}

/**
 * Returns whether a fragment applies. On an interface or union only its own fields do; on an object
 * also those of its abstract types.
 */
function applies(schema: GraphQLSchema, condition: string, type: GraphQLCompositeType): boolean {
  if (condition === type.name) return true;
  const conditionType = schema.getType(condition);
  return isObjectType(type) && isAbstractType(conditionType) && schema.isSubType(conditionType, type);
}

function fieldsByKey(
  selections: readonly SelectionNode[],
  fragments: Record<string, FragmentDefinitionNode>,
  counts: (selection: SelectionNode, typeCondition?: string) => boolean,
  fields = new Map<string, FieldNode[]>(),
): Map<string, FieldNode[]> {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      if (!counts(selection)) continue;
      const key = selection.alias?.value ?? selection.name.value;
      fields.set(key, [...(fields.get(key) ?? []), selection]);
      continue;
    }
    const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments[selection.name.value] : selection;
    if (fragment && counts(selection, fragment.typeCondition?.name.value)) {
      fieldsByKey(fragment.selectionSet.selections, fragments, counts, fields);
    }
  }
  return fields;
}
