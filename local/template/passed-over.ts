/** A resource that the runtime passes over, and why, if its type alone does not say it. */
export type PassedOver = { type: string; label: string; arn: string; reason?: string };

const MAX_NAMES = 5;

/** Returns one line for each type, and one for each resource with a reason of its own. */
export function passedOverLines(all: readonly PassedOver[]): string[] {
  const byType = Map.groupBy(
    all.filter(({ reason }) => reason === undefined),
    ({ type }) => type,
  );
  const lines = [...byType].map(([type, resources]) => {
    const names = resources.slice(0, MAX_NAMES).map(({ label }) => label);
    const more = resources.length - names.length;
    return `${type} ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  });
  const withReason = all
    .filter(({ reason }) => reason !== undefined)
    .map(({ type, label, reason }) => `${type} ${label}: ${reason}`);
  return [...lines, ...withReason].map((line) => `Not served locally: ${line}`);
}
