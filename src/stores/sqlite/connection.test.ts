import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Connection, integer, text } from './connection.js';
import { type Migration, migrations } from './migrations.js';

const next: Migration = {
  version: migrations.length + 1,
  sql: "CREATE TABLE colours (name TEXT) STRICT; INSERT INTO colours VALUES ('red')",
};
let folder = '';
let opened: Connection[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lifeboat-connection-'));
});

afterEach(() => {
  for (const connection of opened) {
    connection.close();
  }
  opened = [];
  rmSync(folder, { recursive: true, force: true });
});

function open(options: { readonly migrations?: readonly Migration[]; readonly readonly?: boolean } = {}): Connection {
  const connection = new Connection(join(folder, 'a # b?.db'), { readonly: false, lockTimeoutMs: 20, ...options });
  opened.push(connection);
  return connection;
}

describe('a database file', () => {
  it('is written ahead, with an fsync for each commit', () => {
    const connection = open();
    expect(text(connection.rows('SELECT CAST(journal_mode AS BLOB) FROM pragma_journal_mode')[0]?.[0])).toBe('wal');
    expect(integer(connection.rows('PRAGMA synchronous')[0]?.[0])).toBe(2);
  });

  it('of an older version is brought up, with all that is in it', () => {
    open().write(() => opened[0]?.run('INSERT INTO totals VALUES (?, ?)', ['kept', 7]));
    const connection = open({ migrations: [...migrations, next] });
    expect(connection.rows('SELECT amount FROM totals')).toEqual([[7]]);
    expect(text(connection.rows('SELECT CAST(name AS BLOB) FROM colours')[0]?.[0])).toBe('red');
    expect(open({ migrations: [...migrations, next] }).rows('SELECT count(*) FROM colours')).toEqual([[1]]);
  });

  it('of an older version is left as it is when a migration fails, or when it is opened for reading only', () => {
    open();
    const broken = { ...next, sql: `${next.sql}; INSERT INTO nowhere VALUES (1)` };
    expect(() => open({ migrations: [...migrations, broken] })).toThrow('no such table: nowhere');
    expect(() => open({ migrations: [...migrations, next], readonly: true })).toThrow('cannot be converted');
    expect(open().rows('SELECT version FROM schema_versions')).toEqual(migrations.map(({ version }) => [version]));
  });

  it('of a newer version is refused', () => {
    open({ migrations: [...migrations, next] });
    for (const readonly of [false, true]) {
      expect(() => open({ readonly })).toThrow(
        expect.objectContaining({
          name: 'JournalError',
          code: 'journal-newer',
          hint: expect.stringContaining('newer'),
        }),
      );
    }
  });

  it('undoes everything of a change that throws, and goes on', () => {
    const connection = open();
    const change = (): void => {
      connection.run('INSERT INTO totals VALUES (?, ?)', ['half', 1]);
      throw new RangeError('no');
    };
    expect(() => connection.write(change)).toThrow(new RangeError('no'));
    connection.write(() => connection.run('INSERT INTO totals VALUES (?, ?)', ['whole', 1]));
    expect(connection.rows('SELECT count(*) FROM totals')).toEqual([[1]]);
  });

  it('that another process writes to for too long is said to be locked, and can be written afterwards', () => {
    const [first, second] = [open(), open()];
    first.write(() => {
      expect(() => second.write(() => undefined)).toThrow(
        expect.objectContaining({ code: 'journal-unwritable', message: expect.stringContaining('another process') }),
      );
    });
    expect(second.write(() => 'written')).toBe('written');
  });

  it('sees what others have committed', () => {
    const [first, second] = [open(), open({ readonly: true })];
    expect(second.rows('SELECT count(*) FROM totals')).toEqual([[0]]);
    first.write(() => first.run('INSERT INTO totals VALUES (?, ?)', ['new', 1]));
    expect(second.rows('SELECT count(*) FROM totals')).toEqual([[1]]);
  });

  it('refuses everything once it is closed', () => {
    const connection = open();
    connection.close();
    connection.close();
    expect(() => connection.rows('SELECT 1')).toThrow('is closed');
    expect(() => connection.read(() => 1)).toThrow('is closed');
    expect(() => connection.write(() => 1)).toThrow('is closed');
  });
});
