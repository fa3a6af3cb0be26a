-- Key-encryption keys that may wrap. A row goes only when nothing refers to it any more, and what refers to a row that
-- went is refused: a gateway that slept through a rotation cannot wrap with a key that is about to be destroyed.
create table keks (
  id text primary key,
  made_at bigint not null
);

-- Keys of small rows, one a day; `search` hashes search terms, `v1` opens what was sealed before there were data keys.
create table data_keys (
  id text primary key,
  kek text not null references keks (id),
  wrapped bytea not null,
  made_at bigint not null
);

create table document_keys (
  document text primary key references documents (id),
  kek text not null references keks (id),
  wrapped bytea not null
);

-- One row while nothing may leave: this data was restored from a backup of `mark`.
create table restored (
  mark bigint not null,
  at bigint not null,
  ready bigint not null -- 1: every open delivery knows of the gap
);
