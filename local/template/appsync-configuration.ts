/**
 * The configuration of AppSync: one API with its schema, keys, data sources and resolvers.
 */
import * as z from 'zod';
import { UnsupportedTemplate } from '../common/errors.ts';
import { defined, read } from './configuration.ts';
import { ACCOUNT_ID, REGION } from './references.ts';
import type { Stack } from './stack.ts';

const text = z.string();

const ApiProperties = z.object({
  AuthenticationType: text,
  AdditionalAuthenticationProviders: z.array(z.object({ AuthenticationType: text })).default([]),
  EnvironmentVariables: z.record(text, text).default({}),
  IntrospectionConfig: z.enum(['ENABLED', 'DISABLED']).optional(),
  QueryDepthLimit: z.number().optional(),
  ResolverCountLimit: z.number().optional(),
});
const SchemaProperties = z.object({ Definition: text });
const KeyProperties = z.object({ Expires: z.number() });
const DataSourceProperties = z.discriminatedUnion('Type', [
  z.object({ Type: z.literal('NONE'), Name: text }),
  z.object({
    Type: z.literal('AWS_LAMBDA'),
    Name: text,
    LambdaConfig: z.object({ LambdaFunctionArn: text }),
    ServiceRoleArn: text,
  }),
]);
const ResolverProperties = z.object({
  TypeName: text,
  FieldName: text,
  DataSourceName: text,
  Kind: z.literal('UNIT'),
  Code: text.optional(),
  Runtime: z.object({ Name: z.literal('APPSYNC_JS'), RuntimeVersion: z.literal('1.0.0') }).optional(),
});

/** Returns the API of the stack. Throws {@link UnsupportedTemplate} unless there is exactly one. */
export function apiOf(stack: Stack, apiKey: string) {
  const [api, ...more] = stack.resources('AWS::AppSync::GraphQLApi');
  const [schema] = stack.resources('AWS::AppSync::GraphQLSchema');
  if (!api || !schema || more.length > 0) {
    throw new UnsupportedTemplate([`${more.length + (api ? 1 : 0)} GraphQL APIs (one is supported)`]);
  }
  const properties = read(ApiProperties, api);
  return {
    endpointArn: `arn:aws:appsync:${REGION}:${ACCOUNT_ID}:endpoints/graphql-api/${api.arn.split('/').at(-1)}`,
    api: {
      apiId: api.arn.split('/').at(-1) ?? api.id,
      authenticationType: properties.AuthenticationType,
      additionalAuthenticationTypes: properties.AdditionalAuthenticationProviders.map(
        (p) => p.AuthenticationType,
      ),
      environmentVariables: properties.EnvironmentVariables,
      region: REGION,
      accountId: ACCOUNT_ID,
      ...defined('introspection', properties.IntrospectionConfig),
      ...defined('queryDepthLimit', properties.QueryDepthLimit),
      ...defined('resolverCountLimit', properties.ResolverCountLimit),
    },
    schema: read(SchemaProperties, schema).Definition,
    apiKeys: stack
      .resources('AWS::AppSync::ApiKey')
      .map((resource) => ({ value: apiKey, expires: read(KeyProperties, resource).Expires })),
    dataSources: stack.resources('AWS::AppSync::DataSource').map((resource) => {
      const source = read(DataSourceProperties, resource);
      return source.Type === 'NONE'
        ? { name: source.Name, type: source.Type }
        : {
            name: source.Name,
            type: source.Type,
            functionArn: source.LambdaConfig.LambdaFunctionArn,
            roleArn: source.ServiceRoleArn,
          };
    }),
    resolvers: stack.resources('AWS::AppSync::Resolver').map((resource) => {
      const { TypeName, FieldName, DataSourceName, Code } = read(ResolverProperties, resource);
      return {
        typeName: TypeName,
        fieldName: FieldName,
        dataSourceName: DataSourceName,
        ...defined('code', Code),
      };
    }),
  };
}
