-- Where a line of the record stands in its practice's chain; null: written before there was one.
alter table events add column nth bigint;
alter table events add column leaf bytea; -- SHA-256 of 0x00 and the line's text (RFC 9162 2.1.1)
alter table events add column chain bytea; -- SHA-256 of the chain before it and the leaf
create unique index events_by_place on events (coalesce(practice, ''), nth);
create index events_by_who on events (who, seq);

-- The end of each chain; '' is the gateway's own.
create table chains (
  practice text primary key,
  size bigint not null,
  leaf bytea not null,
  chain bytea not null
);

-- Hashes of whole subtrees of 1024 lines, so that a proof need not read the whole record.
create table tiles (
  practice text not null,
  tile bigint not null,
  hash bytea not null,
  primary key (practice, tile)
);

create table checkpoints (
  practice text not null,
  size bigint not null,
  at bigint not null,
  note text not null, -- C2SP signed note
  primary key (practice, size)
);
