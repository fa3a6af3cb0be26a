-- Whom practices refer to. The NPI lies open as a keyed hash, so that a referral can name by it.
create table recipients (
  id text primary key,
  practice text not null,
  npi text,
  body bytea not null,
  version bigint not null
);
create index recipients_by_practice on recipients (practice, id);
create index recipients_by_npi on recipients (npi);
