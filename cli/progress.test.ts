import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { ProcessState } from '../client/index.ts';
import { createProgress } from './progress.ts';
import type { ProgressUpdate } from './progress-update.ts';

const ID = '7d1a3c5e-018f-4c3b-9e55-0b6f2a4d8c11';

function state(changes: Partial<ProcessState> = {}): ProgressUpdate {
  const started: ProcessState = {
    processId: ID,
    owner: 'api-key',
    definition: 'order',
    status: 'RUNNING',
    version: 1,
    startedAt: new Date().toISOString(),
    stoppedAt: null,
    error: null,
    cause: null,
    stepsDone: 0,
    stepsTotal: 7,
  };
  return { kind: 'state', state: { ...started, ...changes } };
}

function step(name: string, part: string | null = null): ProgressUpdate {
  const written = { processId: ID, owner: 'api-key', writtenAt: '2026-01-01T00:00:00Z' };
  return { kind: 'step', step: { ...written, step: name, part, bytes: 123 } };
}

const stoppedAt = new Date().toISOString();

/** A stream that keeps what is written to it. */
class Screen extends Writable {
  readonly isTTY: boolean;
  readonly columns: number;
  written = '';

  constructor({ isTTY, columns = 80 }: { isTTY: boolean; columns?: number }) {
    super({ decodeStrings: false });
    this.isTTY = isTTY;
    this.columns = columns;
  }

  override _write(chunk: string, _: BufferEncoding, done: () => void): void {
    this.written += chunk;
    done();
  }

  /** Each picture of the line that is drawn again and again, without colours and moves. */
  get pictures(): string[] {
    return this.written.split('\u001b[1G').map((part) => stripVTControlCharacters(part).trim());
  }
}

describe('on a terminal', () => {
  function show(updates: ProgressUpdate[], columns?: number): Screen {
    const screen = new Screen({ isTTY: true, ...(columns ? { columns } : {}) });
    using progress = createProgress(screen);
    for (const update of updates) progress.show(update);
    return screen;
  }

  it('a bar shows the steps that are done, the time, and the latest step', () => {
    const screen = show([state(), step('ValidateOrder'), step('PriceOrder'), step('PriceOrder')]);
    expect(screen.pictures[0]).toBe(`Process [${ID}] of [order]`);
    expect(screen.pictures[1]).toMatch(/^░+ 0\/7 steps {2}00:00:\d\d {2}RUNNING$/);
    expect(screen.pictures.at(-1)).toMatch(/^█+░+ 2\/7 steps {2}00:00:\d\d {2}PriceOrder$/);
  });

  it('the bar of a process that has SUCCEEDED is full, without the branch that was not taken', () => {
    const end = state({ status: 'SUCCEEDED', version: 2, stepsDone: 6, stepsTotal: 6, stoppedAt });
    const screen = show([state(), end]);
    expect(screen.pictures.at(-1)).toMatch(/^█+ 6\/6 steps {2}00:00:\d\d {2}SUCCEEDED$/);
  });

  it('the bar of a process that has FAILED does not advance', () => {
    const screen = show([state(), state({ status: 'FAILED', version: 2, stepsDone: 5, stoppedAt })]);
    expect(screen.pictures.at(-1)).toMatch(/^█+░+ 5\/7 steps {2}00:00:\d\d {2}FAILED$/);
  });

  it('the time is that of the process, not that of the watch', () => {
    const startedAt = '2026-01-01T00:00:00.000Z';
    const ended = {
      status: 'SUCCEEDED',
      startedAt,
      stoppedAt: '2026-01-02T01:02:03.000Z',
      stepsDone: 7,
    } as const;
    expect(show([state(ended)]).pictures.at(-1)).toContain('  25:02:03  ');
  });

  it('a clock that is behind the server’s shows no negative time', () => {
    const startedAt = new Date(Date.now() + 3_600_000).toISOString();
    expect(show([state({ startedAt })]).pictures.at(-1)).toContain('  00:00:00  ');
  });

  it('the items of a Map count as one step', () => {
    const screen = show([state(), step('PackItem', '0'), step('PackItem', '1')]);
    expect(screen.pictures.at(-1)).toMatch(/ 1\/7 steps .* PackItem\/1$/);
  });

  it('the steps of a process that has already ended, which arrive before its state, are counted', () => {
    const screen = show([step('ValidateOrder'), state({ status: 'FAILED', stoppedAt })]);
    expect(screen.pictures[0]).toBe(`Process [${ID}] of [order]`);
    expect(screen.pictures.at(-1)).toMatch(/ 1\/7 steps .* FAILED$/);
  });

  it('the bar never uses a second line, and ends its own', () => {
    const screen = show([state(), step('AStepWithAQuiteLongName')], 40);
    expect(Math.max(...screen.pictures.slice(1).map((picture) => picture.length))).toBeLessThanOrEqual(40);
    expect(screen.written.endsWith('\n')).toBe(true);
  });
});

describe('without a terminal', () => {
  function linesOf(updates: ProgressUpdate[]): string[] {
    const screen = new Screen({ isTTY: false });
    using progress = createProgress(screen);
    for (const update of updates) progress.show(update);
    return screen.written.trimEnd().split('\n');
  }
  /** The lines without the time at their beginning, which all of them must have. */
  function textOf(updates: ProgressUpdate[]): string[] {
    return linesOf(updates).map((line) => /^\d\d:\d\d:\d\d (.+)$/.exec(line)?.[1] ?? `no time: ${line}`);
  }

  it('there is a line for the process, each step and each status', () => {
    const ended = state({ status: 'SUCCEEDED', version: 2, stepsDone: 2, stoppedAt });
    expect(textOf([state(), step('ValidateOrder'), step('PriceOrder'), ended])).toEqual([
      `Process [${ID}] of [order]`,
      'RUNNING',
      'ValidateOrder written (123 bytes)',
      'PriceOrder written (123 bytes)',
      'SUCCEEDED',
    ]);
  });

  it('the item of a Map has its number', () => {
    expect(textOf([state(), step('PackItem', '12')]).at(-1)).toBe('PackItem/12 written (123 bytes)');
  });

  it('a state that changes only in its count of steps has no line', () => {
    expect(textOf([state(), step('ValidateOrder'), state({ stepsDone: 1 })])).toHaveLength(3);
  });

  it('the steps of a process that has already ended follow the line of the process', () => {
    expect(textOf([step('ValidateOrder'), state({ status: 'SUCCEEDED', stoppedAt })])).toEqual([
      `Process [${ID}] of [order]`,
      'ValidateOrder written (123 bytes)',
      'SUCCEEDED',
    ]);
  });
});
