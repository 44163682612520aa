import { RequestError } from './errors.ts';

/**
 * A credential as text, or a function that gives it, asked again at every connect and every
 * request.
 *
 * @example
 * const apiKey: Credential = () => fetch('/api-key').then((response) => response.text());
 */
export type Credential = string | (() => string | Promise<string>);

/**
 * How the caller proves who it is: exactly one of the two.
 *
 * @example
 * const credentials: CredentialOptions = { apiKey: 'da2-fakekey' };
 */
export type CredentialOptions = {
  /** API key, sent as `x-api-key`. */
  apiKey?: Credential | undefined;
  /**
   * Value of the `Authorization` header (Cognito user pool, OIDC or Lambda authorization). Only a
   * function, because a token expires while a process runs.
   */
  token?: (() => string | Promise<string>) | undefined;
};

/** Gives the headers that authorize a request or a WebSocket frame. */
export type Credentials = {
  /**
   * Rejects with {@link RequestError} `CredentialsError`, which may pass, when the caller's
   * function throws.
   */
  headers(): Promise<Record<string, string>>;
  /** Whether asking again can give another credential. */
  renewable: boolean;
};

/**
 * Header names as AppSync expects them.
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
        throw new RequestError(`No credential: ${cause}`, 'CredentialsError', 0, { cause });
      }
    },
  };
}
