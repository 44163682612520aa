/** Time enough to notice, deploy, and let clients take up what they are given. */
const WARN_DAYS = 60;
const DAY_MS = 86_400_000;

/**
 * What to say about the life of an API key, and whether it ends soon. No alarm can: CloudWatch has
 * no metric of it, and a key that has ended shows as clients that are refused.
 */
export function keyLife(expires: Date, now: Date): { message: string; isSoon: boolean } {
  const days = Math.floor((expires.getTime() - now.getTime()) / DAY_MS);
  const date = expires.toISOString().slice(0, 10);
  if (days < 0) {
    return {
      message: `The API key ended on ${date}: every caller is refused. Deploy to renew it`,
      isSoon: true,
    };
  }
  const isSoon = days < WARN_DAYS;
  const then = isSoon ? 'deploy to renew it' : 'each deployment renews it';
  return { message: `The API key ends on ${date}, in ${days} days: ${then}`, isSoon };
}
