-- How many attempts of an open delivery nobody can vouch for: counted without opening its body.
alter table deliveries add column in_doubt bigint not null default 0;
create index deliveries_in_doubt on deliveries (state) where in_doubt > 0;
-- Dead letters are few among much work that lies and waits.
create index work_dead on work (stage) where claims >= 20;
