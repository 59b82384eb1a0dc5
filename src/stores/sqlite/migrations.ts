/** The SQL that leads from the version before to this one. Numbers are consecutive from 1; a released one never changes. */
export interface Migration {
  readonly version: number;
  readonly sql: string;
}

/**
 * Texts are read as blobs everywhere, since the SQLite library ends the process when a damaged text is no UTF-8. What is read back
 * outside the chain of a run carries a digest of its own. `totals` counts runs and entries by type, so that a row missing
 * from a damaged table or index is noticed. The types of which nearly all entries are have no index, which would be as large as
 * what it leads to.
 */
export const migrations: readonly Migration[] = [
  {
    version: 1,
    sql: `
      CREATE TABLE schema_versions (version INTEGER PRIMARY KEY) STRICT;
      CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        last_seq INTEGER NOT NULL,
        head TEXT NOT NULL,
        summary TEXT NOT NULL,
        digest TEXT NOT NULL
      ) STRICT;
      CREATE TABLE entries (
        position INTEGER PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES runs (id),
        seq INTEGER NOT NULL,
        type TEXT NOT NULL,
        hash TEXT NOT NULL,
        body TEXT NOT NULL,
        UNIQUE (run, seq)
      ) STRICT;
      CREATE INDEX entries_by_type ON entries (type, position) WHERE type NOT IN ('step.started', 'step.succeeded');
      CREATE TABLE totals (subject TEXT PRIMARY KEY, amount INTEGER NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE leases (
        run TEXT PRIMARY KEY,
        token INTEGER NOT NULL,
        holder TEXT NOT NULL,
        since INTEGER NOT NULL,
        until INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE lease_names (
        name TEXT PRIMARY KEY,
        run TEXT NOT NULL REFERENCES leases (run) ON DELETE CASCADE,
        place INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX lease_names_by_run ON lease_names (run, place);
      CREATE TABLE last_token (only INTEGER PRIMARY KEY CHECK (only = 1), token INTEGER NOT NULL) STRICT;
      INSERT INTO last_token VALUES (1, 0);
      CREATE TABLE inbox (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        run TEXT NOT NULL,
        message TEXT NOT NULL,
        digest TEXT NOT NULL
      ) STRICT;
      CREATE TABLE folds (run TEXT PRIMARY KEY, seq INTEGER NOT NULL, state TEXT NOT NULL, digest TEXT NOT NULL) STRICT;
    `,
  },
  { version: 2, sql: 'CREATE TABLE cordons (host TEXT PRIMARY KEY) STRICT' },
];

/** The SQL of several migrations with a note of each, to be run in one transaction. */
export function sqlOf(steps: readonly Migration[]): string {
  return steps.map(({ version, sql }) => `${sql};\nINSERT INTO schema_versions VALUES (${version});`).join('\n');
}
