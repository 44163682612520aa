import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { AwsError } from '../../common/aws-error.ts';
import type { Principal } from '../../iam/credentials.ts';
import type { SignatureVerifier, SignedRequest } from '../../iam/sigv4.ts';
import type { ApiKey, AuthenticationMode } from './configuration.ts';
import { UnauthorizedError } from './errors.ts';

/** Who sent a request, by the mode in which it was proven. */
export type Caller = { mode: 'API_KEY' } | { mode: 'AWS_IAM'; principal: Principal };

/** A request that shows credentials; `headers` in lower case. */
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
 * Makes the check of credentials: a Signature Version 4 wins over an API key, as in AppSync, and
 * modes that the API has not are as no credentials at all.
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
 * What resolvers see as the identity of the caller: null for an API key.
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

/** A role's unique id has no source here; one that stays the same for the role does as well. */
function roleId(roleArn: string): string {
  return `AROA${createHash('sha256').update(roleArn).digest('hex').slice(0, 17).toUpperCase()}`;
}

/**
 * The addresses that a request came through: those that proxies noted, in order, then the
 * connection's own.
 */
export function sourceAddresses(headers: IncomingHttpHeaders, remoteAddress: string | undefined): string[] {
  const forwarded = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '');
  return [...forwarded, remoteAddress ?? '127.0.0.1'];
}
