-- Clear columns are ids, channels, states, times and counts. Everything else is in `body` or `sealed`: vault bytes.
create table messages (
  id text primary key,
  practice text not null,
  channel text not null,
  token text not null, -- keyed hash of the sender's own name for it
  urgency text not null,
  deadline bigint not null,
  received_at bigint not null,
  body bytea not null,
  unique (channel, token) -- an arrival is taken once
);

create table documents (
  id text primary key,
  message text references messages (id),
  role text not null check (role in ('carried', 'raw', 'evidence', 'quarantined')),
  body bytea not null,
  sealed bytea -- null: erased
);
create index documents_by_message on documents (message);

create table pages (
  document text not null references documents (id),
  number bigint not null,
  body bytea not null,
  png bytea,
  primary key (document, number)
);

create table quarantine (
  document text primary key references documents (id),
  channel text not null,
  token text not null,
  reasons text not null,
  at bigint not null,
  unique (channel, token)
);

create table deliveries (
  id text primary key,
  message text not null references messages (id),
  practice text not null,
  channel text,
  state text not null check (state in ('pending', 'sending', 'sent', 'delivered', 'failed', 'held', 'cancelled')),
  body bytea not null,
  version bigint not null
);
create index deliveries_by_state on deliveries (state, id);
create index deliveries_by_practice on deliveries (practice, id);
create index deliveries_by_message on deliveries (message);

-- Keyed hashes of a recipient's addresses, so that the log can be searched while they stay sealed.
create table terms (
  hash text not null,
  delivery text not null references deliveries (id),
  primary key (hash, delivery)
);

create table attempts (
  id text primary key,
  delivery text not null references deliveries (id),
  channel text not null,
  opened_at bigint not null,
  closed_at bigint,
  phase text not null check (phase in ('started', 'handed')),
  body bytea not null
);
create index attempts_by_delivery on attempts (delivery, opened_at);

create table receipts (
  attempt text not null references attempts (id),
  kind text not null,
  evidence text,
  reason text,
  at bigint not null,
  primary key (attempt, kind) -- a provider may repeat itself
);

create table acknowledgements (
  message text not null references messages (id),
  notice text not null,
  outcome text not null,
  at bigint not null,
  primary key (message, notice)
);

create table referrals (
  id text primary key,
  practice text not null,
  message text not null references messages (id),
  state text not null,
  body bytea not null,
  version bigint not null
);
create index referrals_by_practice on referrals (practice, id);

create table entries (
  id text primary key,
  practice text not null,
  message text not null unique references messages (id),
  state text not null check (state in ('read', 'waiting', 'accepted', 'rejected')),
  body bytea not null,
  version bigint not null
);
create index entries_by_state on entries (state, id);

create table links (
  token text primary key,
  attempt text not null unique references attempts (id),
  body bytea not null,
  version bigint not null
);

create table work (
  stage text not null,
  subject text not null,
  due_at bigint not null,
  leased_until bigint not null default 0,
  claims bigint not null default 0,
  generation bigint not null default 1,
  primary key (stage, subject)
);
create index work_by_due on work (due_at);

create table events (
  seq integer primary key,
  practice text,
  message text,
  subject text not null,
  what text not null,
  who text not null,
  at bigint not null,
  facts text not null,
  note bytea
);
create index events_by_message on events (message, seq);

create table users (
  name text primary key,
  practice text,
  role text not null,
  password text not null
);

create table api_keys (
  hash text primary key,
  label text not null,
  practice text,
  role text not null
);

create table sessions (
  hash text primary key,
  name text not null references users (name),
  started_at bigint not null,
  seen_at bigint not null
);

-- One sealed word: tells at start whether the key belongs to this data.
create table vault_probe (sealed bytea not null);
