-- Keyed hashes: by which an accepted referral of an entry is found when its patient or its sender comes again.
create table known (
  hash text not null,
  entry text not null references entries (id),
  part bigint not null,
  primary key (hash, entry, part)
);
