import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { AwsError } from '../../common/aws-error.ts';
import type { Principal } from '../../iam/credentials.ts';
import type { SignatureVerifier, SignedRequest } from '../../iam/sigv4.ts';
import type { ApiKey, AuthenticationMode } from './configuration.ts';
import { UnauthorizedError } from './errors.ts';

/** The caller of a request, by the mode of authentication. */
export type Caller = { mode: 'API_KEY' } | { mode: 'AWS_IAM'; principal: Principal };

/** A request with credentials; `headers` in lower case. */
type CredentialedRequest = {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: SignedRequest['body'];
};

/** Returns the caller of a request. Throws {@link UnauthorizedError}. */
export type Authenticate = (request: CredentialedRequest) => Promise<Caller>;

const NO_CREDENTIALS = 'Valid authorization header not provided.';
const UNAUTHORIZED = 'You are not authorized to make this call.';

/**
 * Creates the check of credentials. A Signature Version 4 takes precedence over an API key, as in
 * AppSync. Credentials of a mode that the API does not have are ignored.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/security-authz.html
 */
export function createAuthentication({
  modes,
  apiKeys,
  verifier,
  now = Date.now,
}: {
  modes: readonly AuthenticationMode[];
  apiKeys: readonly ApiKey[];
  verifier: SignatureVerifier;
  now?: () => number;
}): Authenticate {
  return async (request) => {
    const { authorization, 'x-api-key': apiKey } = request.headers;
    if (modes.includes('AWS_IAM') && authorization?.startsWith('AWS4-HMAC-SHA256')) {
      try {
        return { mode: 'AWS_IAM', principal: await verifier.verify({ ...request, service: 'appsync' }) };
      } catch (cause) {
        if (!(cause instanceof AwsError)) throw cause;
        throw new UnauthorizedError(UNAUTHORIZED, { cause });
      }
    }
    if (modes.includes('API_KEY') && typeof apiKey === 'string') {
      const known = apiKeys.some(({ value, expires }) => value === apiKey && expires * 1000 > now());
      if (!known) throw new UnauthorizedError(UNAUTHORIZED);
      return { mode: 'API_KEY' };
    }
    throw new UnauthorizedError(NO_CREDENTIALS);
  };
}

/**
 * Returns the identity of the caller for resolvers: null for an API key.
 *
 * @see https://docs.aws.amazon.com/appsync/latest/devguide/resolver-context-reference-js.html#aws-appsync-resolver-context-reference-identity-js
 */
export function identityOf(
  caller: Caller,
  accountId: string,
  sourceIp: string[],
): Record<string, unknown> | null {
  if (caller.mode === 'API_KEY') return null;
  const { roleArn, sessionName } = caller.principal;
  const roleName = roleArn.split('/').at(-1);
  return {
    accountId,
    cognitoIdentityPoolId: null,
    cognitoIdentityId: null,
    sourceIp,
    username: `${roleId(roleArn)}:${sessionName}`,
    userArn: `arn:aws:sts::${accountId}:assumed-role/${roleName}/${sessionName}`,
    cognitoIdentityAuthType: null,
    cognitoIdentityAuthProvider: null,
  };
}

/** Returns a stable id for a role, in place of AWS's unique id. */
function roleId(roleArn: string): string {
  return `AROA${createHash('sha256').update(roleArn).digest('hex').slice(0, 17).toUpperCase()}`;
}

/**
 * Returns the addresses of a request: those added by proxies, in order, then that of the
 * connection.
 */
export function sourceAddresses(headers: IncomingHttpHeaders, remoteAddress: string | undefined): string[] {
  const forwarded = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '');
  return [...forwarded, remoteAddress ?? '127.0.0.1'];
}
