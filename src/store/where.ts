import { Invalid } from '../errors.ts';
import type { Value } from './db.ts';
import { nameTerm, wordsOf, type Whose } from './names.ts';
import type { Search } from './store.ts';
import type { Vault } from './vault.ts';

/** Of deliveries, messages and attempts. */
const ids = /^(?:dlv|msg|att)_\w{1,60}$/;

/** Conditions joined by `and`, with their parameters numbered as they come. */
export class Where {
  readonly params: Value[] = [];
  private readonly parts: string[] = ['true'];

  get sql(): string {
    return this.parts.join(' and ');
  }

  equal(column: string, value: Value | undefined): void {
    this.compare(column, '=', value);
  }

  compare(column: string, operator: '=' | '<' | '>' | '>=', value: Value | undefined): void {
    if (value !== undefined) this.parts.push(`${column} ${operator} ${this.param(value)}`);
  }

  /** Null: every value. */
  in(column: string, values: readonly string[] | null): void {
    if (values === null) return;
    const list = values.map((value) => this.param(value)).join(', ');
    this.parts.push(list === '' ? 'false' : `${column} in (${list})`);
  }

  /** The same, where something else finds the rows: SQLite, which does not count them, would start with this and look at
   *  all that a practice ever had. */
  only(column: string, values: readonly string[] | null): void {
    this.in(`coalesce(${column}, '')`, values);
  }

  /** A condition without parameters. */
  add(sql: string): void {
    this.parts.push(sql);
  }

  found({ text, number, patients }: Search, vault: Vault): void {
    // A name that somebody looks for must not stand open in the database's own log.
    const id = this.param(ids.test(text) ? text : '');
    const addresses = [text.toLowerCase(), ...(number === null ? [] : [number])];
    const hashes = addresses.map((address) => this.param(vault.term(address))).join(', ');
    const names = (['recipient', ...(patients ? ['patient' as const] : [])] as const).flatMap((whose) =>
      this.named(whose, wordsOf(text), vault),
    );
    // One list of what is meant: planners read an `or` as a reason to look at everything.
    this.parts.push(
      `d.id in (select id from deliveries where id = ${id}
        union select id from deliveries where message = ${id}
        union select delivery from attempts where id = ${id}
        union select delivery from terms where hash in (${hashes})${names.join('')})`,
    );
  }

  /** Deliveries of messages with all of these words in one name. */
  private named(whose: Whose, words: readonly string[], vault: Vault): string[] {
    if (words.length === 0) return [];
    const each = words.map(
      (word) => `select message from names where hash = ${this.param(nameTerm(whose, word, vault))}`,
    );
    return [` union select id from deliveries where message in (${each.join(' intersect ')})`];
  }

  /** Bounded, and `more` to see whether anything follows. */
  limit(limit: number, more = 0): string {
    return this.param(bounded(limit) + more);
  }

  param(value: Value): string {
    this.params.push(value);
    return `$${this.params.length}`;
  }
}

function bounded(limit: number): number {
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
    throw new Invalid('limit is out of range', { limit: '1 to 1000' });
  return limit;
}
