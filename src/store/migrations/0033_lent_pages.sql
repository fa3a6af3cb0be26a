-- Entries that hold pages of another arrival than their own.
create table lent_pages (
  message text not null references messages (id),
  entry text not null references entries (id),
  primary key (message, entry)
);
