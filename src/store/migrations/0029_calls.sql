-- One call at a time to each number: whose call it is, from the start of an attempt until its end is known.
create table calls (
  number text primary key, -- keyed hash
  delivery text not null unique,
  lane text not null
);
alter table work add column number text not null default ''; -- keyed hash of the number it would ring; '': it rings nobody
create index work_by_number on work (number, leased_until) where number > '';
