-- Since when a delivery is in its state, and on which of its routes: the figures of the overview, without any body.
alter table deliveries add column moved_at bigint not null default 0;
alter table deliveries add column hop bigint not null default 0;
create index deliveries_by_channel on deliveries (channel, id);
create index messages_by_arrival on messages (received_at);

-- Keyed hashes of the words of recipients' and patients' names, so that they can be searched while they stay sealed.
create table names (
  message text not null references messages (id),
  hash text not null,
  primary key (message, hash)
);
create index names_by_hash on names (hash, message);

-- What people agreed on about something in the worklist.
create table tasks (
  subject text primary key,
  practice text not null,
  owner text,
  due_at bigint,
  snoozed_until bigint,
  done_at bigint,
  version bigint not null
);
