export type Value = string | number | bigint | Uint8Array | null;
export type Row = Readonly<Record<string, Value>>;

export interface Statement {
  readonly sql: string;
  readonly params: readonly Value[];
  /** What it means when the statement touches no row. Absent: nothing. */
  readonly must?: 'conflict' | 'duplicate';
}

/** A line for the permanent record; its practice is that of its message, if it has one. */
export interface RecordLine {
  readonly message: string | null;
  readonly practice: string | null;
  readonly subject: string;
  readonly what: string;
  readonly who: string;
  /** Epoch ms. */
  readonly at: number;
  readonly facts: string;
  readonly note: Uint8Array | null;
  readonly leaf: Uint8Array;
}

/** All that an engine must do. Parameters are `$1`, `$2`, …; numbers come back as numbers. */
export interface Db {
  /** Ends a `select` of rows that are about to be taken, so that nobody waits for rows that somebody else is taking. */
  readonly skipLocked: '' | 'for update skip locked';
  /** Condition on `events`: no line that is still to be committed can come before this one. */
  readonly settled: string;
  /** Reads. */
  all(sql: string, params?: readonly Value[]): Promise<readonly Row[]>;
  /** One transaction: all statements and lines or none; the lines are chained to their practice's record in their order.
   *  Resolved means durable, with the rows that the statements return.
   *  Bytes among the parameters are handed over: the caller must not use them again.
   *  @throws Conflict or Duplicate, as the statement says that touched nothing; Unavailable when nobody can say whether
   *  it happened. */
  apply(statements: readonly Statement[], lines?: readonly RecordLine[]): Promise<readonly Row[]>;
  /** Reads within `run` see the rows of these practices only, whatever they ask for; null: all, as outside of it.
   *  Absent: the engine cannot hold anybody to that. */
  onBehalfOf?<T>(practices: readonly string[] | null, run: () => T): T;
  close(): Promise<void>;
}
