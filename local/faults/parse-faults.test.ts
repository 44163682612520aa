import { describe, expect, it } from 'vitest';
import { StartError } from '../common/errors.ts';
import { ALL_FAULTS, FAULT_KINDS } from './fault-kinds.ts';
import { parseFaults } from './parse-faults.ts';

const rejectionOf = (list: string) => {
  try {
    return parseFaults(list);
  } catch (error) {
    return error;
  }
};

describe('a list of faults', () => {
  it('gives each named fault its probability', () => {
    expect(parseFaults('seed=7, dropEvent=0.1,cutSocket=1,delayEventMs=50,slowMs=0')).toEqual({
      seed: 7,
      dropEvent: 0.1,
      cutSocket: 1,
      delayEventMs: 50,
      slowMs: 0,
    });
  });

  it('that is "all" has every fault on but the death of the runtime and the end of a caller’s credential', () => {
    const { seed, kill, refuseRequest, ...on } = parseFaults('all');
    expect(on).toEqual({ ...ALL_FAULTS, kill: undefined, refuseRequest: undefined });
    expect([kill, refuseRequest]).toEqual([0, 0]);
    expect(Object.values(on).every((probability) => probability > 0 && probability < 0.5)).toBe(true);
    expect(seed).toBeGreaterThanOrEqual(0);
  });

  it('lets later entries win', () => {
    expect(parseFaults('dropPush=1,all,kill=0.5,seed=1,seed=2')).toEqual({
      ...ALL_FAULTS,
      kill: 0.5,
      seed: 2,
    });
  });

  it('without a seed gets one that is new each time', () => {
    expect(parseFaults('all').seed).not.toBe(parseFaults('all').seed);
  });

  it('with a name that is not known is rejected with the names that are', () => {
    const error = rejectionOf('seed=7,dropEvnt=0.1');
    expect(error).toBeInstanceOf(StartError);
    expect(error).toMatchObject({ name: 'InvalidFaults', entry: 'dropEvnt=0.1' });
    for (const name of ['all', 'seed', 'delayEventMs', 'slowMs', ...FAULT_KINDS]) {
      expect((error as Error).message).toContain(name);
    }
  });

  it.each([
    ['dropEvent=1.1', 'dropEvent to be a probability from 0 to 1'],
    ['dropEvent=-0.1', 'dropEvent to be a probability from 0 to 1'],
    ['dropEvent=often', 'dropEvent to be a probability from 0 to 1'],
    ['dropEvent=', 'dropEvent to be a probability from 0 to 1'],
    ['dropEvent', 'all, or <name>=<value>'],
    ['', 'all, or <name>=<value>'],
    ['toString=1', 'all, or <name>=<value>'],
    ['seed=1.5', 'seed to be an integer'],
    ['seed=-1', 'seed to be an integer'],
    ['seed=', 'seed to be an integer'],
    ['slowMs=forever', 'slowMs to be from 0'],
    ['delayEventMs=1e9', 'delayEventMs to be from 0'],
  ])('with the entry [%s] is rejected', (entry, expected) => {
    expect(rejectionOf(entry)).toMatchObject({
      name: 'InvalidFaults',
      message: expect.stringMatching(/^--faults: Expected /),
      entry,
    });
    expect((rejectionOf(entry) as Error).message).toContain(expected);
  });
});
