-- What each practice holds of the numbers it dials: who confirmed them, and which must not be dialled.
create table standings (
  practice text not null,
  endpoint text not null, -- keyed hash of channel and address
  suppressed_until bigint, -- null: it is not
  strikes bigint not null,
  changed_at bigint not null,
  body bytea not null,
  version bigint not null,
  primary key (practice, endpoint)
);
create index standings_by_change on standings (changed_at, endpoint);
create index standings_by_practice on standings (practice, changed_at, endpoint);

-- Pages that came to the wrong place.
create table misdirections (
  id text primary key,
  practice text not null,
  delivery text not null references deliveries (id),
  body bytea not null
);
create index misdirections_by_practice on misdirections (practice, id);
create index misdirections_by_delivery on misdirections (delivery);
