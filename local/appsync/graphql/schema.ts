import {
  buildASTSchema,
  type DocumentNode,
  type GraphQLField,
  type GraphQLSchema,
  getDirectiveValues,
  isScalarType,
  Kind,
  parse,
} from 'graphql';
import { AppSyncConfigurationError } from '../resolver/errors.ts';
import { AWS_SCALAR_DECLARATIONS, implementAwsScalar } from './scalars.ts';

const AWS_DIRECTIVE_DECLARATIONS = `
directive @aws_subscribe(mutations: [String!]!) on FIELD_DEFINITION
directive @aws_publish(subscriptions: [String]) on FIELD_DEFINITION
directive @aws_auth(cognito_groups: [String!]!) on FIELD_DEFINITION
directive @aws_api_key on OBJECT | FIELD_DEFINITION
directive @aws_iam on OBJECT | FIELD_DEFINITION
directive @aws_oidc on OBJECT | FIELD_DEFINITION
directive @aws_lambda on OBJECT | FIELD_DEFINITION
directive @aws_cognito_user_pools(cognito_groups: [String!]) on OBJECT | FIELD_DEFINITION
`;

/**
 * Builds the schema from the SDL, with AppSync's scalars and directives.
 *
 * Throws {@link AppSyncConfigurationError} for SDL that AppSync would reject: invalid, or with
 * custom scalars.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/schema-components.html
 */
export function buildAppSyncSchema(sdl: string): GraphQLSchema {
  let schema: GraphQLSchema;
  try {
    schema = buildASTSchema(withAwsDeclarations(parse(sdl)));
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new AppSyncConfigurationError(`The schema is not valid for AppSync: ${problem}`, { cause });
  }
  for (const type of Object.values(schema.getTypeMap())) {
    if (isScalarType(type)) implementAwsScalar(type);
  }
  return schema;
}

function withAwsDeclarations(deployed: DocumentNode): DocumentNode {
  const ownScalar = deployed.definitions.find(
    (definition) => definition.kind === Kind.SCALAR_TYPE_DEFINITION,
  );
  if (ownScalar) {
    throw new Error(`scalar ${ownScalar.name.value} is declared, and AppSync has no scalars but its own.`);
  }
  const added = parse(AWS_SCALAR_DECLARATIONS + AWS_DIRECTIVE_DECLARATIONS);
  return { ...deployed, definitions: [...added.definitions, ...deployed.definitions] };
}

/**
 * Returns the subscriptions of each mutation, as bound by `@aws_subscribe`.
 *
 * Throws {@link AppSyncConfigurationError} for a subscription without the directive, for an unknown
 * mutation, and for one of another type.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/aws-appsync-real-time-data.html
 */
export function subscriptionsByMutation(schema: GraphQLSchema): ReadonlyMap<string, string[]> {
  const bound = new Map<string, string[]>();
  const mutations = schema.getMutationType()?.getFields() ?? {};
  for (const subscription of Object.values(schema.getSubscriptionType()?.getFields() ?? {})) {
    for (const name of mutationsOf(schema, subscription)) {
      const mutation = mutations[name];
      if (!mutation) {
        throw new AppSyncConfigurationError(
          `Subscription.${subscription.name}: Expected @aws_subscribe to name mutations of the schema, got ${name}.`,
        );
      }
      if (nullable(mutation) !== nullable(subscription)) {
        throw new AppSyncConfigurationError(
          `Subscription.${subscription.name}: Expected the type of Mutation.${name}, ${mutation.type}, got ${subscription.type}.`,
        );
      }
      bound.set(name, [...(bound.get(name) ?? []), subscription.name]);
    }
  }
  return bound;
}

function mutationsOf(schema: GraphQLSchema, subscription: GraphQLField<unknown, unknown>): string[] {
  const directive = schema.getDirective('aws_subscribe');
  const values = directive && subscription.astNode && getDirectiveValues(directive, subscription.astNode);
  const names = values?.mutations;
  if (Array.isArray(names)) return names;
  throw new AppSyncConfigurationError(
    `Subscription.${subscription.name}: Expected @aws_subscribe(mutations: [...]) with the mutations that push to it.`,
  );
}

function nullable(field: GraphQLField<unknown, unknown>): string {
  return String(field.type).replace(/!$/, '');
}
