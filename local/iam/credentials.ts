import { randomBytes, randomInt } from 'node:crypto';

/** The signer of a request: a session of a role, as issued by AWS STS. */
export type Principal = { accessKeyId: string; roleArn: string; sessionName: string };

/**
 * The values of `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
 */
type SessionCredentials = { accessKeyId: string; secretAccessKey: string; sessionToken: string };

/** A stored session, to verify its signatures. */
export type KnownSession = { secretAccessKey: string; sessionToken: string; principal: Principal };

/** The sessions of one run of the local runtime. */
export type Credentials = {
  /** Returns the credentials of a session of a role: the same ones on every call. */
  issue(roleArn: string, sessionName: string): SessionCredentials;
  /**
   * Returns the session of the access key; undefined for a key that was not issued in this run.
   */
  find(accessKeyId: string): KnownSession | undefined;
};

const KEY_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * Creates a store of credentials, in memory only. A restart invalidates all of them, and with them
 * every presigned URL.
 *
 * Access keys start with `ASIA`, as those of temporary credentials do.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
 */
export function createCredentials(): Credentials {
  const byAccessKey = new Map<string, KnownSession>();
  const bySession = new Map<string, SessionCredentials>();

  return {
    issue(roleArn, sessionName) {
      const session = JSON.stringify([roleArn, sessionName]);
      const known = bySession.get(session);
      if (known) return known;

      const issued = {
        accessKeyId: newAccessKeyId(),
        secretAccessKey: randomBytes(30).toString('base64'),
        sessionToken: randomBytes(96).toString('base64'),
      };
      const { accessKeyId, secretAccessKey, sessionToken } = issued;
      bySession.set(session, issued);
      byAccessKey.set(accessKeyId, {
        secretAccessKey,
        sessionToken,
        principal: { accessKeyId, roleArn, sessionName },
      });
      return issued;
    },
    find: (accessKeyId) => byAccessKey.get(accessKeyId),
  };
}

function newAccessKeyId(): string {
  const random = Array.from({ length: 16 }, () => KEY_ALPHABET.charAt(randomInt(KEY_ALPHABET.length)));
  return `ASIA${random.join('')}`;
}
