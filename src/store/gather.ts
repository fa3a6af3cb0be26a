import type { Db, Row, Statement } from './db.ts';

/** Small writes of many, in one transaction: what is asked while the one before is on its way goes with the next.
 *  For writes that stand alone and may be repeated, since one that fails takes the others with it; each asker gets the
 *  rows of all, and finds its own. */
export function gathered(db: Pick<Db, 'apply'>): (statement: Statement) => Promise<readonly Row[]> {
  let next: { readonly statements: Statement[]; readonly rows: Promise<readonly Row[]> } | null = null;
  let last: Promise<unknown> = Promise.resolve();

  function open(): NonNullable<typeof next> {
    const statements: Statement[] = [];
    const rows = last.then(() => {
      next = null;
      return db.apply(statements);
    });
    last = rows.catch(() => undefined);
    return { statements, rows };
  }

  return (statement) => {
    next ??= open();
    next.statements.push(statement);
    return next.rows;
  };
}
