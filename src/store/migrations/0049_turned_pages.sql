-- What was read of pages as people turned them, degrees clockwise; the images stay as they came.
create table turned_pages (
  document text not null references documents (id),
  number bigint not null,
  turn bigint not null,
  body bytea not null,
  primary key (document, number, turn)
);
