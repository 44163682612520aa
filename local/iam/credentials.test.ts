import { expect, test } from 'vitest';
import { createCredentials } from './credentials.ts';

const ROLE = 'arn:aws:iam::000000000000:role/Start';

test('a session gets the same credentials each time, another session other ones', () => {
  const credentials = createCredentials();
  const first = credentials.issue(ROLE, 'start');
  expect(credentials.issue(ROLE, 'start')).toEqual(first);
  expect(credentials.issue(ROLE, 'other').accessKeyId).not.toBe(first.accessKeyId);
  expect(credentials.issue(`${ROLE}2`, 'start').secretAccessKey).not.toBe(first.secretAccessKey);
});

test('an access key leads to its session, with the role that it stands for', () => {
  const credentials = createCredentials();
  const { accessKeyId, secretAccessKey, sessionToken } = credentials.issue(ROLE, 'start');
  expect(accessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
  expect(credentials.find(accessKeyId)).toEqual({
    secretAccessKey,
    sessionToken,
    principal: { accessKeyId, roleArn: ROLE, sessionName: 'start' },
  });
});

test('an access key of another run is unknown', () => {
  const { accessKeyId } = createCredentials().issue(ROLE, 'start');
  expect(createCredentials().find(accessKeyId)).toBeUndefined();
});
