/**
 * The member of that name which the value itself has; undefined for an inherited one, and for a
 * value that is no object.
 */
export function ownMember(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return Reflect.get(value, name);
}
