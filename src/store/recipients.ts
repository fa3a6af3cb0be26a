import type { KnownRecipient } from '../core/recipient.ts';
import type { Db, Row, Statement } from './db.ts';
import { bytes, text } from './lists.ts';
import type { Singles } from './singles.ts';
import type { Store } from './store.ts';
import type { Vault } from './vault.ts';
import { Where } from './where.ts';

export function recipientStore(
  db: Db,
  vault: Vault,
  rowOf: Singles['rowOf'],
): Pick<Store, 'recipientsIn' | 'recipient' | 'recipientsByNpi'> {
  const opened = (row: Row): KnownRecipient =>
    vault.openJson(bytes(row['body']), context(text(row['id']))) as KnownRecipient;
  return {
    async recipientsIn(practices) {
      await vault.ready();
      const where = new Where();
      where.in('practice', practices);
      return (await db.all(`select id, body from recipients where ${where.sql}`, where.params)).map(opened);
    },
    async recipient(id) {
      await vault.ready();
      return opened(await rowOf('recipients', id));
    },
    async recipientsByNpi(practice, npi) {
      await vault.ready();
      return (await db.all('select id, body from recipients where npi = $1', [npiTerm(practice, npi, vault)])).map(
        opened,
      );
    },
  };
}

const context = (id: string): string => `recipients:${id}`;
const npiTerm = (practice: string, npi: string, vault: Vault): string => vault.term(`npi:${practice}:${npi}`);

export function putRecipient(recipient: KnownRecipient, vault: Vault): Statement {
  const { id, practice, npi, version } = recipient;
  return {
    sql: `insert into recipients (id, practice, npi, body, version) values ($1, $2, $3, $4, $5)
          on conflict (id) do update set npi = excluded.npi, body = excluded.body, version = excluded.version
          where recipients.version = excluded.version - 1`,
    params: [
      id,
      practice,
      npi === null ? null : npiTerm(practice, npi, vault),
      vault.sealJson(recipient, context(id)),
      version,
    ],
    must: 'conflict',
  };
}

export const removeRecipient = ({ id, version }: KnownRecipient): Statement => ({
  sql: 'delete from recipients where id = $1 and version = $2',
  params: [id, version],
  must: 'conflict',
});
