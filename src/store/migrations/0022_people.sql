-- Who may come in, until when, and how far.
alter table users add column disabled_at bigint; -- null: may sign in
alter table api_keys add column scopes text; -- JSON list of rights; null: all of its role
alter table api_keys add column made_at bigint;
alter table api_keys add column used_at bigint;
alter table api_keys add column revoked_at bigint;
create index sessions_by_name on sessions (name);
