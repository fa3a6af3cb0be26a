-- Emergency access: content for somebody whose role has none, for a short time. Why, and what its review said, lie in
-- `body`, sealed.
create table emergencies (
  id text primary key,
  name text not null references users (name),
  practice text not null,
  started_at bigint not null,
  until bigint not null,
  reviewed_at bigint,
  body bytea not null
);
create index emergencies_unreviewed on emergencies (practice) where reviewed_at is null;

alter table sessions add column emergency text;
