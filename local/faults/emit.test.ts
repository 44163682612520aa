import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { until } from '../../test/kit/until.ts';
import type { AwsEvent } from '../common/aws-event.ts';
import { createFaultInjector } from './fault-injector.ts';
import { BUCKET, seedFor, serveFaulty } from './serve-for-test.ts';

type Delivered = { source: string; detail: { object: { key: string } } };
type Services = Awaited<ReturnType<typeof serveFaulty>>;

async function put(services: Services, ...keys: string[]): Promise<void> {
  for (const Key of keys)
    await services.s3('s3').send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'text' }));
}

const deliveries = ({ lambda }: Services) => lambda.calls.map(({ payload }) => payload as Delivered);
const keysOf = (services: Services) => deliveries(services).map(({ detail }) => detail.object.key);

/** Resolves when that number of events have been delivered. */
const arrival = ({ lambda }: Services, count: number) => until(() => lambda.calls.length === count);

const event = (source: string): AwsEvent => ({ source, 'detail-type': 'Test', resources: [], detail: {} });

describe('an event between a service and EventBridge', () => {
  it('is lost if dropEvent is injected, and only there', async () => {
    await using services = await serveFaulty(seedFor('dropEvent', [false, true, false]));
    await put(services, 'a', 'b', 'c');
    await services.delivered();
    expect(keysOf(services).sort()).toEqual(['a', 'c']);
    expect(services.faults.counts()).toMatchObject({ dropEvent: 1 });
  });

  it('arrives twice if doubleEvent is injected', async () => {
    await using services = await serveFaulty({ ...seedFor('doubleEvent', [true, false]), delayEventMs: 5 });
    await put(services, 'a', 'b');
    await arrival(services, 3);
    await services.delivered();
    expect(keysOf(services).sort()).toEqual(['a', 'a', 'b']);
  });

  it('arrives after one that was emitted later if delayEvent is injected', async () => {
    await using services = await serveFaulty({ ...seedFor('delayEvent', [true, false]), delayEventMs: 50 });
    services.emit(event('first'));
    services.emit(event('second'));
    await arrival(services, 2);
    expect(deliveries(services).map(({ source }) => source)).toEqual(['second', 'first']);
  });

  it('that is late has the time at which it was emitted', async () => {
    const passed: AwsEvent[] = [];
    const injector = createFaultInjector({ seed: 1, delayEvent: 1, delayEventMs: 1 });
    const emit = injector.emit((late) => passed.push(late));
    const before = Date.now();
    emit(event('without a time'));
    const after = Date.now();
    emit({ ...event('with a time'), time: '2020-02-02T02:02:02Z' });
    await until(() => passed.length === 2);
    const times = Object.fromEntries(passed.map(({ source, time }) => [source, time]));
    expect(times['with a time']).toBe('2020-02-02T02:02:02Z');
    expect(times['without a time']).toMatch(/:\d\dZ$/);
    expect(Date.parse(String(times['without a time']))).toBeGreaterThan(before - 1_000);
    expect(Date.parse(String(times['without a time']))).toBeLessThanOrEqual(after);
  });

  it('that is late when the injector is closed is lost', async () => {
    await using services = await serveFaulty({
      seed: 1,
      delayEvent: 1,
      doubleEvent: 1,
      delayEventMs: 3_600_000,
    });
    await put(services, 'a');
    services.faults.close();
    // The event would come now, as all waiting ends here.
    await setImmediate();
    expect(services.eventBridge.pendingCount()).toBe(0);
  });

  it('without a fault is stored before emit returns, in the open transaction', () => {
    const database = new DatabaseSync(':memory:');
    database.exec('CREATE TABLE bus (source TEXT)');
    const insert = database.prepare('INSERT INTO bus VALUES (?)');
    const emit = createFaultInjector(seedFor('dropEvent', [false])).emit(({ source }) => insert.run(source));
    database.exec('BEGIN');
    emit(event('rolled back'));
    expect(database.prepare('SELECT * FROM bus').all()).toHaveLength(1);
    database.exec('ROLLBACK');
    expect(database.prepare('SELECT * FROM bus').all()).toEqual([]);
    database.close();
  });

  it('has the same fate whenever the same events come with the same seed', () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(fc.string()), (seed, sources) => {
        const fate = () => {
          const injector = createFaultInjector({ seed, dropEvent: 0.3, doubleEvent: 0.3, delayEvent: 0.3 });
          const passed: string[] = [];
          const emit = injector.emit(({ source }) => passed.push(source));
          for (const source of sources) emit(event(source));
          injector.close();
          return { passed, counts: injector.counts() };
        };
        expect(fate()).toEqual(fate());
      }),
    );
  });
});
