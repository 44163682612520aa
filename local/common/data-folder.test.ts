import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataFolder } from './data-folder.ts';
import { DataFolderUnusable } from './errors.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'data-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const modeOf = (...names: string[]) => statSync(join(folder, ...names)).mode & 0o777;

describe('a data folder', () => {
  it('is made for its owner alone, with every folder above it that is missing', () => {
    const umask = process.umask(0);
    const data = openDataFolder(join(folder, 'new/data'));
    data.database.exec('CREATE TABLE t (a); INSERT INTO t VALUES (1)');
    process.umask(umask);
    expect([modeOf('new'), modeOf('new/data')]).toEqual([0o700, 0o700]);
    expect([modeOf('new/data/runtime.sqlite'), modeOf('new/data/runtime.sqlite-wal')]).toEqual([
      0o600, 0o600,
    ]);
    data.close();
  });

  it('that an earlier version left open is closed with its contents, and its key stays', () => {
    const earlier = openDataFolder(join(folder, 'data'));
    earlier.close();
    const object = join(folder, 'data/s3/bucket/object');
    mkdirSync(join(folder, 'data/s3/bucket'), { recursive: true });
    writeFileSync(object, 'a card number');
    const elsewhere = join(folder, 'elsewhere');
    writeFileSync(elsewhere, '');
    symlinkSync(elsewhere, join(folder, 'data/link'));
    for (const name of ['', 's3', 's3/bucket']) chmodSync(join(folder, 'data', name), 0o755);
    for (const name of ['data/runtime.sqlite', 'data/s3/bucket/object', 'elsewhere'])
      chmodSync(join(folder, name), 0o644);

    const { apiKey, close } = openDataFolder(join(folder, 'data'));
    expect(apiKey).toBe(earlier.apiKey);
    expect(['data', 'data/s3', 'data/s3/bucket'].map((name) => modeOf(name))).toEqual([0o700, 0o700, 0o700]);
    expect(['data/runtime.sqlite', 'data/s3/bucket/object'].map((name) => modeOf(name))).toEqual([
      0o600, 0o600,
    ]);
    expect(modeOf('elsewhere')).toBe(0o644);
    close();
  });

  it('is not one that holds other files: those stay as open as they are', () => {
    writeFileSync(join(folder, 'notes.txt'), '');
    chmodSync(folder, 0o755);
    expect(() => openDataFolder(folder)).toThrow(DataFolderUnusable);
    expect(() => openDataFolder(folder)).toThrow(
      /it holds other files\. Choose another folder with --data-dir/,
    );
    expect(modeOf()).toBe(0o755);
    expect(existsSync(join(folder, 'runtime.sqlite'))).toBe(false);
  });

  it('is used by one runtime at a time', () => {
    const first = openDataFolder(join(folder, 'data'));
    expect(() => openDataFolder(join(folder, 'data'))).toThrow(/another local runtime is using it/);
    first.close();
    openDataFolder(join(folder, 'data')).close();
  });
});
