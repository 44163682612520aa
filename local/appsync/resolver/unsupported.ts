import { FieldError } from './errors.ts';

/**
 * Returns an object with only the given members. Reading any other one throws an error that names
 * it, instead of returning undefined.
 */
export function onlySupported<T extends object>(name: string, members: T): T {
  return new Proxy(members, {
    get(target, key, receiver) {
      if (typeof key === 'string' && !(key in target)) {
        throw new FieldError(`${name}.${key} is not supported by the local runtime.`, 'UnsupportedOperation');
      }
      return Reflect.get(target, key, receiver);
    },
  });
}
