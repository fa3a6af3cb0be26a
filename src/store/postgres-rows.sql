-- Beneath the code's own check: whoever reads on behalf of a person does so as this role, which owns nothing, writes
-- nothing, and sees the rows of the practices that its transaction names. Without a name it sees none.
do $$
begin
  if not exists (select from pg_roles where rolname = 'loopgate_people') then
    create role loopgate_people nologin;
  end if;
exception
  -- Of the whole server: another database's gateway may be making it.
  when duplicate_object or unique_violation then null;
end $$;

do $$
begin
  set local role loopgate_people;
  reset role;
exception
  when insufficient_privilege then
    execute format('grant loopgate_people to %I', current_user);
end $$;

grant usage on schema public to loopgate_people;
grant select on all tables in schema public to loopgate_people;

create or replace function own_practices() returns text[] language sql stable parallel safe as $$
  select string_to_array(current_setting('loopgate.practices', true), ',')
$$;

-- Rows under a message are as visible as their message is, and so on up.
do $$
declare
  guarded record;
begin
  for guarded in
    select * from (values
      ('messages', 'practice = any (own_practices())'),
      ('deliveries', 'practice = any (own_practices())'),
      ('referrals', 'practice = any (own_practices())'),
      ('entries', 'practice = any (own_practices())'),
      ('tasks', 'practice = any (own_practices())'),
      ('lessons', 'practice = any (own_practices())'),
      ('recipients', 'practice = any (own_practices())'),
      ('standings', 'practice = any (own_practices())'),
      ('misdirections', 'practice = any (own_practices())'),
      ('emergencies', 'practice = any (own_practices())'),
      ('events', 'practice = any (own_practices())'),
      ('chains', 'practice = any (own_practices())'),
      ('tiles', 'practice = any (own_practices())'),
      ('checkpoints', 'practice = any (own_practices())'),
      ('documents', 'exists (select from messages m where m.id = message)'),
      ('acknowledgements', 'exists (select from messages m where m.id = message)'),
      ('names', 'exists (select from messages m where m.id = message)'),
      ('lent_pages', 'exists (select from messages m where m.id = message)'),
      ('page_marks', 'exists (select from messages m where m.id = message)'),
      ('known', 'exists (select from entries e where e.id = entry)'),
      ('terms', 'exists (select from deliveries d where d.id = delivery)'),
      ('calls', 'exists (select from deliveries d where d.id = delivery)'),
      ('attempts', 'exists (select from deliveries d where d.id = delivery)'),
      ('receipts', 'exists (select from attempts a where a.id = attempt)'),
      ('links', 'exists (select from attempts a where a.id = attempt)'),
      ('answer_sheets', 'exists (select from attempts a where a.id = attempt)'),
      ('pages', 'exists (select from documents d where d.id = document)'),
      ('turned_pages', 'exists (select from documents d where d.id = document)'),
      ('page_hashes', 'exists (select from documents d where d.id = document)'),
      ('document_keys', 'exists (select from documents d where d.id = document)'),
      ('quarantine', 'exists (select from documents d where d.id = document)')
    ) as rules (name, visible)
  loop
    if not exists (select from pg_policies where schemaname = 'public' and tablename = guarded.name) then
      execute format('alter table public.%I enable row level security', guarded.name);
      execute format('create policy own_practice on public.%I for select using (%s)', guarded.name, guarded.visible);
    end if;
  end loop;
end $$;
