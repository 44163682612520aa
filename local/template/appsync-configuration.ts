/**
 * The configuration of AppSync: the APIs with their schemas, keys, data sources and resolvers.
 */
import * as z from 'zod';
import { UnsupportedTemplate } from '../common/errors.ts';
import { defined, served } from './configuration.ts';
import { ACCOUNT_ID, REGION } from './references.ts';
import type { Stacks } from './stacks.ts';

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

/** Returns the API of each facade, in their order. All other APIs are passed over. */
export function apisOf(stacks: Stacks, apiKey: string) {
  return served(stacks, 'AWS::AppSync::GraphQLApi', ApiProperties, (properties, api) => {
    const facade = stacks.facades.find((each) => each.apiId === api.id);
    if (!facade) throw new UnsupportedTemplate(['it is not the API of a ProcessFacade']);
    const apiId = api.arn.split('/').at(-1) ?? api.id;
    const [schema] = partsOf(stacks, 'AWS::AppSync::GraphQLSchema', SchemaProperties, apiId);
    return {
      facade,
      endpointArn: `arn:aws:appsync:${REGION}:${ACCOUNT_ID}:endpoints/graphql-api/${apiId}`,
      api: {
        apiId,
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
      schema: schema?.Definition ?? '',
      apiKeys: partsOf(stacks, 'AWS::AppSync::ApiKey', KeyProperties, apiId).map(({ Expires }) => ({
        value: apiKey,
        expires: Expires,
      })),
      dataSources: partsOf(stacks, 'AWS::AppSync::DataSource', DataSourceProperties, apiId).map((source) =>
        source.Type === 'NONE'
          ? { name: source.Name, type: source.Type }
          : {
              name: source.Name,
              type: source.Type,
              functionArn: source.LambdaConfig.LambdaFunctionArn,
              roleArn: source.ServiceRoleArn,
            },
      ),
      resolvers: partsOf(stacks, 'AWS::AppSync::Resolver', ResolverProperties, apiId).map(
        ({ TypeName, FieldName, DataSourceName, Code }) => ({
          typeName: TypeName,
          fieldName: FieldName,
          dataSourceName: DataSourceName,
          ...defined('code', Code),
        }),
      ),
    };
  });
}

/** Returns the resources of a type that belong to the API. */
function partsOf<Part>(stacks: Stacks, type: string, schema: z.ZodType<Part>, apiId: string): Part[] {
  const ofApi = stacks.resources(type).filter(({ properties }) => properties.ApiId === apiId);
  return served({ ...stacks, resources: () => ofApi }, type, schema, (part) => part);
}
