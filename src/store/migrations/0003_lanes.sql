-- What claiming needs: who goes first, and which rows share a far side.
alter table work add column urgency bigint not null default 2; -- 0 stat, 1 urgent, 2 routine
alter table work add column lane text not null default ''; -- channel and far host or account; '': shares nothing
alter table work add column latest bigint not null default 9007199254740991; -- it waits for its lane no longer
alter table work add column parked text not null default ''; -- the lane in whose line it stands; due_at is `latest` then
drop index work_by_due; -- would tempt planners to walk over what waits in lines
create index work_by_turn on work (parked, urgency, due_at, stage);
create index work_by_lease on work (leased_until, lane);

-- Lanes that take no routine work for now. A row in the past is a lane on trial.
create table lanes (
  lane text primary key,
  why text not null,
  since bigint not null,
  until bigint not null
);
