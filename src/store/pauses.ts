import type { Change } from '../core/change.ts';
import type { Pause } from '../core/pause.ts';
import type { Db, Statement } from './db.ts';
import { bytes, text } from './lists.ts';
import type { Store } from './store.ts';
import type { Vault } from './vault.ts';

export const pauseStore = (db: Db, vault: Vault): Pick<Store, 'pauses'> => ({
  async pauses() {
    const rows = await db.all('select place, since, until, body from pauses order by place', []);
    return rows.map((row) => {
      const place = text(row['place']);
      const word = vault.openJson(bytes(row['body']), `pauses:${place}`) as Pick<Pause, 'by' | 'reason'>;
      return { place, ...word, since: row['since'] as number, until: row['until'] as number };
    });
  },
});

/** Whoever waited for the pause that stood there is looked at again: to wait for the new one, or to go. */
export function putPause(news: NonNullable<Change['pause']>, vault: Vault): Statement[] {
  const { place, at } = news;
  const within = `(lane = $1 or substr(lane, 1, $2) = $3)`;
  const lanes = [place, place.length + 1, `${place} `];
  return [
    {
      sql: `update work set due_at = $4 where stage = 'deliver' and parked = '' and ${within}
        and due_at = (select until from pauses where place = $1)`,
      params: [...lanes, at],
    },
    { sql: `delete from lanes where why = 'paused' and ${within}`, params: lanes },
    news.pause === null
      ? { sql: 'delete from pauses where place = $1', params: [place], must: 'conflict' }
      : {
          sql: `insert into pauses (place, since, until, body) values ($1, $2, $3, $4)
            on conflict (place) do update set since = excluded.since, until = excluded.until, body = excluded.body`,
          params: [place, at, news.pause.until, vault.sealJson(wordOf(news.pause), `pauses:${place}`)],
        },
  ];
}

const wordOf = ({ by, reason }: Pause): Pick<Pause, 'by' | 'reason'> => ({ by, reason });
