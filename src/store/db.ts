export type Value = string | number | bigint | Uint8Array | null;
export type Row = Readonly<Record<string, Value>>;

export interface Statement {
  readonly sql: string;
  readonly params: readonly Value[];
  /** What it means when the statement touches no row. Absent: nothing. */
  readonly must?: 'conflict' | 'duplicate';
}

/** All that an engine must do. Parameters are `$1`, `$2`, …; numbers come back as numbers. */
export interface Db {
  all(sql: string, params?: readonly Value[]): Promise<Row[]>;
  /** One transaction: all statements or none. Resolved means durable.
   *  @throws Conflict or Duplicate, as the statement says that touched nothing. */
  apply(statements: readonly Statement[]): Promise<void>;
  close(): Promise<void>;
}
