-- Several processes may start on an empty store at once: one of them writes the word.
alter table vault_probe add column one bigint not null default 1;
create unique index vault_probe_once on vault_probe (one);

create index entries_by_practice on entries (practice, id);
