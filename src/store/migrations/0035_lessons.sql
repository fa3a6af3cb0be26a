-- What people's corrections taught about the forms of a sender, for one practice. The id is a keyed hash of both.
create table lessons (
  id text primary key,
  practice text not null,
  body bytea not null,
  version bigint not null
);
create index lessons_by_practice on lessons (practice, id);
