import { describe, expect, it } from 'vitest';
import { InvalidInput, NotRedrivable } from './errors.ts';
import { parseInput } from './input.ts';
import { InvalidKey, parseRunningKey } from './keys.ts';
import { DocumentMismatch, InvalidOutput, NonErrorThrown, ProcessDataNotReady } from './step/errors.ts';

const cause = new Error('the original error');

describe('an error', () => {
  it.each([
    new InvalidInput('wrong', [], { cause }),
    new NotRedrivable('id', 'expired', { cause }),
    new InvalidKey('a//b', 'a key', { cause }),
    new ProcessDataNotReady('Price', ['input'], { cause }),
    new DocumentMismatch('Price', 'input', '/total must be a number', { cause }),
    new InvalidOutput('Price', 'got none', { cause }),
    new NonErrorThrown('Price', cause),
  ])('$name has the cause, and its class as its name', (error) => {
    expect(error.cause).toBe(cause);
    expect(error.name).toBe(error.constructor.name);
  });

  it('of an input that is not valid JSON has the SyntaxError as its cause', () => {
    const definition = {
      name: 'order',
      description: null,
      inputSchema: {},
      machine: {},
      steps: [],
      outputStep: '',
      starts: {},
    };
    const parse = () => parseInput(definition, '{"a":');
    expect(parse).toThrow(expect.objectContaining({ name: 'InvalidInput', cause: expect.any(SyntaxError) }));
  });

  it('of a malformed percent-encoding has the URIError as its cause', () => {
    const parse = () => parseRunningKey('running/%E0%A4%A/0190163d-8694-739b-aea5-966c26f8ad90');
    expect(parse).toThrow(expect.objectContaining({ name: 'InvalidKey', cause: expect.any(URIError) }));
  });
});
