/** Enough time to notice, deploy, and let clients pick up the renewed key. */
const WARN_DAYS = 60;
const DAY_MS = 86_400_000;

/**
 * Returns a message about the expiry of an API key, and whether it is soon. CloudWatch has no
 * metric for an alarm, and an expired key shows only as rejected clients.
 */
export function keyLife(expires: Date, now: Date): { message: string; isSoon: boolean } {
  const days = Math.floor((expires.getTime() - now.getTime()) / DAY_MS);
  const date = expires.toISOString().slice(0, 10);
  if (days < 0) {
    return {
      message: `The API key expired on ${date}: every caller is rejected. Deploy to renew it`,
      isSoon: true,
    };
  }
  const isSoon = days < WARN_DAYS;
  const then = isSoon ? 'deploy to renew it' : 'each deployment renews it';
  return { message: `The API key expires on ${date}, in ${days} days: ${then}`, isSoon };
}
