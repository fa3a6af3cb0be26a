-- Second factors. What an authenticator shares with us lies in `body`, sealed.
create table factors (
  id text primary key,
  name text not null references users (name),
  kind text not null check (kind in ('totp', 'passkey')),
  label text not null,
  made_at bigint not null,
  used_at bigint,
  counter bigint not null, -- the newest step or signature that was taken: nothing older is
  body bytea not null
);
create index factors_by_name on factors (name);

-- Hashes. A row goes when its code is used.
create table recovery_codes (
  name text not null references users (name),
  hash text not null,
  primary key (name, hash)
);

-- Sign-ins under way and factors that are being added: held by a cookie whose hash this is.
create table tickets (
  hash text primary key,
  kind text not null,
  expires_at bigint not null,
  body bytea not null
);

alter table sessions add column strong bigint not null default 0; -- 1: a second factor was given
alter table users add column oidc_subject text; -- who this is to the identity provider, since he came in by it
