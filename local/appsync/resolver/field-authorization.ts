import type { GraphQLObjectType, GraphQLSchema } from 'graphql';
import type { IsAllowed } from '../../iam/iam.ts';
import type { Caller } from './callers.ts';
import type { ApiConfiguration, AuthenticationMode } from './configuration.ts';
import { FieldError } from './errors.ts';

/** Rejects callers that may not access a field. */
export type FieldAuthorization = {
  /** Throws the {@link FieldError} `Unauthorized` unless the caller may access the field. */
  authorize(caller: Caller, parentType: GraphQLObjectType, fieldName: string): void;
};

const MODE_BY_DIRECTIVE = new Map(
  Object.entries({
    aws_api_key: 'API_KEY',
    aws_iam: 'AWS_IAM',
    aws_oidc: 'OPENID_CONNECT',
    aws_lambda: 'AWS_LAMBDA',
    aws_cognito_user_pools: 'AMAZON_COGNITO_USER_POOLS',
  }),
);

/**
 * Creates AppSync's check for every field of every response. The mode must be one of the field's
 * directives, otherwise of its type's, otherwise the API's default one. The role of a signed
 * request also needs `appsync:GraphQL` on each root field of an operation.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html#using-additional-authorization-modes
 */
export function createFieldAuthorization({
  schema,
  api,
  defaultMode,
  isAllowed,
}: {
  schema: GraphQLSchema;
  api: Pick<ApiConfiguration, 'apiId' | 'region' | 'accountId'>;
  defaultMode: AuthenticationMode;
  isAllowed: IsAllowed;
}): FieldAuthorization {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const apiArn = `arn:aws:appsync:${api.region}:${api.accountId}:apis/${api.apiId}`;

  const isOpenTo = (mode: string, parentType: GraphQLObjectType, fieldName: string): boolean => {
    const ofField = modesOf(parentType.getFields()[fieldName]?.astNode);
    const modes = ofField.length > 0 ? ofField : modesOf(parentType.astNode);
    return modes.length > 0 ? modes.includes(mode) : mode === defaultMode;
  };

  return {
    authorize(caller, parentType, fieldName) {
      const permitted =
        isOpenTo(caller.mode, parentType, fieldName) &&
        (caller.mode !== 'AWS_IAM' ||
          !roots.includes(parentType) ||
          isAllowed(
            caller.principal.roleArn,
            'appsync:GraphQL',
            `${apiArn}/types/${parentType.name}/fields/${fieldName}`,
          ));
      if (!permitted) throw notAuthorized(parentType.name, fieldName);
    },
  };
}

/** Returns the error for a field, which `util.unauthorized()` raises too. */
export function notAuthorized(typeName: string, fieldName: string): FieldError {
  return new FieldError(`Not Authorized to access ${fieldName} on type ${typeName}`, 'Unauthorized');
}

type WithDirectives = { readonly directives?: ReadonlyArray<{ name: { value: string } }> | undefined };

function modesOf(node: WithDirectives | null | undefined): string[] {
  return (node?.directives ?? []).flatMap(({ name }) => MODE_BY_DIRECTIVE.get(name.value) ?? []);
}
