-- Answer sheets that went out with faxes, and what came back on them.
create table answer_sheets (
  id text primary key,
  attempt text not null unique references attempts (id),
  body bytea not null,
  version bigint not null
);
