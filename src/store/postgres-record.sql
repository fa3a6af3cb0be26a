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
