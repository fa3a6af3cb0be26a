-- The chain goes on from its last hash by a line's leaf.
create or replace function chained(before bytea, leaf bytea) returns bytea language sql immutable as $$
  select sha256(before || leaf)
$$;

-- Numbers for the record. A sequence is drawn before its transaction commits, so whoever pages by it can pass a line that
-- appears behind him. Our numbers are made of the transaction's own id, and a line is shown when every transaction with
-- a smaller id is over: nothing can appear before it any more.
create table if not exists event_base (base bigint not null);
insert into event_base select 0 where not exists (select from event_base);

-- 4096 lines for each transaction: ids up to 2^41 fit the numbers that JavaScript counts exactly.
create or replace function event_seq() returns bigint language plpgsql volatile as $$
declare
  nth bigint := coalesce(nullif(current_setting('loopgate.event', true), ''), '0')::bigint + 1;
begin
  if nth > 4095 then
    raise exception 'more than 4095 events in one transaction';
  end if;
  perform set_config('loopgate.event', nth::text, true);
  return (pg_current_xact_id()::text::bigint + (select base from event_base)) * 4096 + nth;
end $$;

create or replace function event_horizon() returns bigint language sql stable as $$
  select (pg_snapshot_xmin(pg_current_snapshot())::text::bigint + base) * 4096 from event_base
$$;

-- The lines of one transaction, each chained to its practice's record. The ends of the chains are held in one order by
-- all, so that nobody waits in a circle; whoever has them keeps the others waiting until his commit.
create or replace function record_lines(
  of_message text[], of_practice text[], of_subject text[], of_what text[], of_who text[], of_at bigint[],
  of_facts text[], of_note bytea[], of_leaf bytea[]
) returns void language plpgsql volatile as $$
declare
  owners text[];
  line record;
  chain_end record;
begin
  select array_agg(coalesce(messages.practice, given.practice) order by given.nth) into owners
    from unnest(of_message, of_practice) with ordinality as given(message, practice, nth)
    left join messages on messages.id = given.message;
  insert into chains (practice, size, leaf, chain)
    select distinct coalesce(owner, ''), 0, ''::bytea, decode(repeat('00', 32), 'hex') from unnest(owners) as owner order by 1
    on conflict do nothing;
  perform from chains where practice in (select coalesce(owner, '') from unnest(owners) as owner)
    order by practice for update;
  for line in
    select * from unnest(owners, of_message, of_subject, of_what, of_who, of_at, of_facts, of_note, of_leaf)
      with ordinality as given(owner, message, subject, what, who, at, facts, note, leaf, nth) order by nth
  loop
    update chains set size = size + 1, leaf = line.leaf, chain = chained(chain, line.leaf)
      where practice = coalesce(line.owner, '') returning * into chain_end;
    insert into events (practice, message, subject, what, who, at, facts, note, leaf, nth, chain)
      values (line.owner, line.message, line.subject, line.what, line.who, line.at, line.facts, line.note, line.leaf,
        chain_end.size - 1, chain_end.chain);
  end loop;
end $$;
