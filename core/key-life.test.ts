import { expect, it } from 'vitest';
import { keyLife } from './key-life.ts';

it.each([
  [
    '2027-03-01T12:00:00Z',
    'The API key expires on 2027-03-01, in 295 days: each deployment renews it',
    false,
  ],
  ['2026-07-09T12:00:00Z', 'The API key expires on 2026-07-09, in 60 days: each deployment renews it', false],
  ['2026-07-09T11:00:00Z', 'The API key expires on 2026-07-09, in 59 days: deploy to renew it', true],
  ['2026-05-10T13:00:00Z', 'The API key expires on 2026-05-10, in 0 days: deploy to renew it', true],
  [
    '2026-05-10T11:00:00Z',
    'The API key expired on 2026-05-10: every caller is rejected. Deploy to renew it',
    true,
  ],
])('the message for an API key that expires on %s warns 60 days before', (expires, message, isSoon) => {
  expect(keyLife(new Date(expires), new Date('2026-05-10T12:00:00Z'))).toEqual({ message, isSoon });
});
