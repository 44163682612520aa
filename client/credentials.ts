import { RequestError } from './errors.ts';

/**
 * A credential, or a function that returns it. The function is called for every connection and
 * every request.
 *
 * @example
 * const apiKey: Credential = () => fetch('/api-key').then((response) => response.text());
 */
export type Credential = string | (() => string | Promise<string>);

/**
 * Authentication of the caller: exactly one of the two.
 *
 * @example
 * const credentials: CredentialOptions = { apiKey: 'da2-fakekey' };
 */
export type CredentialOptions = {
  /** API key, sent as `x-api-key`. */
  apiKey?: Credential | undefined;
  /**
   * Value of the `Authorization` header (Cognito user pool, OIDC or Lambda authorization). Always a
   * function, because a token expires while a process runs.
   */
  token?: (() => string | Promise<string>) | undefined;
};

/** Source of the headers that authorize requests and WebSocket frames. */
export type Credentials = {
  /** Rejects with a retryable {@link RequestError} `CredentialsError` if the function throws. */
  headers(): Promise<Record<string, string>>;
  /** Whether calling again can return a different credential. */
  renewable: boolean;
};

/**
 * Creates credentials with the header names of AppSync.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html
 */
export function createCredentials({ apiKey, token }: CredentialOptions): Credentials {
  const credential = apiKey ?? token;
  if (!credential || (apiKey && token)) throw new TypeError('Expected exactly one of apiKey and token.');
  const renewable = typeof credential === 'function';
  return {
    renewable,
    async headers() {
      try {
        return { [apiKey ? 'x-api-key' : 'Authorization']: renewable ? await credential() : credential };
      } catch (cause) {
        throw new RequestError(`Could not get the credential: ${cause}`, 'CredentialsError', 0, { cause });
      }
    },
  };
}
