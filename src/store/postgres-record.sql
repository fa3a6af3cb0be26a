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
-- all, so that nobody waits in a circle; whoever has them keeps the others waiting until his commit. So as little as can
-- be happens meanwhile: the hashes in memory, then one statement for all lines and one for all ends. Planning them anew
-- for each group would take as long as doing them.
create or replace function record_lines(
  of_message text[], of_practice text[], of_subject text[], of_what text[], of_who text[], of_at bigint[],
  of_facts text[], of_note bytea[], of_leaf bytea[]
) returns void language plpgsql volatile set plan_cache_mode = force_generic_plan as $$
declare
  owners text[];
  chain_of text[];
  sizes bigint[];
  ends bytea[];
  leaves bytea[];
  nths bigint[];
  links bytea[];
  k int;
begin
  select array_agg(coalesce(messages.practice, given.practice) order by given.nth) into owners
    from unnest(of_message, of_practice) with ordinality as given(message, practice, nth)
    left join messages on messages.id = given.message;
  if exists (select from unnest(owners) as owner left join chains on practice = coalesce(owner, '') where practice is null)
  then
    insert into chains (practice, size, leaf, chain)
      select distinct coalesce(owner, ''), 0, ''::bytea, decode(repeat('00', 32), 'hex') from unnest(owners) as owner
      order by 1
      on conflict do nothing;
  end if;
  select array_agg(practice), array_agg(size), array_agg(chain), array_agg(leaf) into chain_of, sizes, ends, leaves
    from (select * from chains where practice in (select coalesce(owner, '') from unnest(owners) as owner)
      order by practice for update) as held;
  for i in 1 .. array_length(owners, 1) loop
    k := array_position(chain_of, coalesce(owners[i], ''));
    nths[i] := sizes[k];
    links[i] := chained(ends[k], of_leaf[i]);
    sizes[k] := nths[i] + 1;
    ends[k] := links[i];
    leaves[k] := of_leaf[i];
  end loop;
  insert into events (practice, message, subject, what, who, at, facts, note, leaf, nth, chain)
    select owner, message, subject, what, who, at, facts, note, leaf, nth, chain
      from unnest(owners, of_message, of_subject, of_what, of_who, of_at, of_facts, of_note, of_leaf, nths, links)
        with ordinality as line(owner, message, subject, what, who, at, facts, note, leaf, nth, chain, place)
      order by place;
  update chains set size = moved.size, leaf = moved.leaf, chain = moved.chain
    from unnest(chain_of, sizes, leaves, ends) as moved(practice, size, leaf, chain)
    where chains.practice = moved.practice;
end $$;
