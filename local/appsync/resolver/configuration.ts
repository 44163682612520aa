import { AppSyncConfigurationError } from './errors.ts';

/** The API's own properties, as in `AWS::AppSync::GraphQLApi`. */
export type ApiConfiguration = {
  apiId: string;
  authenticationType: string;
  additionalAuthenticationTypes: string[];
  /** The `ctx.env` of resolver code. */
  environmentVariables: Record<string, string>;
  region: string;
  accountId: string;
  /** 0 or absent: no limit. */
  queryDepthLimit?: number | undefined;
  /** 0 or absent: 10,000. */
  resolverCountLimit?: number | undefined;
  introspection?: 'ENABLED' | 'DISABLED' | undefined;
};

/** A supported mode of authentication. */
export type AuthenticationMode = 'API_KEY' | 'AWS_IAM';

/** A key of `AWS::AppSync::ApiKey`; `expires` is in epoch seconds. */
export type ApiKey = { value: string; expires: number };

/** The data source of a resolver. */
export type DataSource =
  | { name: string; type: 'AWS_LAMBDA'; functionArn: string; roleArn?: string }
  | { name: string; type: 'NONE' };

/** A unit resolver: with `code` (APPSYNC_JS, an ES module), or a direct Lambda resolver without. */
export type Resolver = {
  typeName: string;
  fieldName: string;
  dataSourceName: string;
  code?: string | undefined;
};

const SUPPORTED_MODES: readonly AuthenticationMode[] = ['API_KEY', 'AWS_IAM'];

/**
 * Returns the modes in which the API may be called, the default one first.
 *
 * Throws {@link AppSyncConfigurationError} for an unsupported mode, and for a mode that is given
 * twice.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html
 */
export function authenticationModes(
  api: ApiConfiguration,
): [defaultMode: AuthenticationMode, ...AuthenticationMode[]] {
  const supported = (mode: string): AuthenticationMode => {
    const known = SUPPORTED_MODES.find((candidate) => candidate === mode);
    if (known) return known;
    throw new AppSyncConfigurationError(
      `API [${api.apiId}]: Expected authentication by ${SUPPORTED_MODES.join(' or ')}, got ${mode}. ` +
        'The local runtime does not support that mode. Synthesize the app without it to run it here.',
    );
  };
  const additional = api.additionalAuthenticationTypes.map(supported);
  const defaultMode = supported(api.authenticationType);
  if (new Set([defaultMode, ...additional]).size !== additional.length + 1) {
    throw new AppSyncConfigurationError(
      `API [${api.apiId}]: Expected each authentication mode once, got ${[defaultMode, ...additional].join(', ')}.`,
    );
  }
  return [defaultMode, ...additional];
}
