-- Keyed hashes: by which a page is found again when it comes in the same form (page_hashes), or in its words (page_marks).
create table page_hashes (
  hash text primary key,
  document text not null references documents (id),
  number bigint not null
);
create index page_hashes_by_document on page_hashes (document);

create table page_marks (
  mark text not null,
  entry text not null references entries (id),
  message text not null references messages (id),
  primary key (mark, entry)
);
create index page_marks_by_message on page_marks (message);
