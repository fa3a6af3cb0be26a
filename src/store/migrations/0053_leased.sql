-- Only what is leased: rows that wait, by the million, need no place in it.
drop index work_by_lease;
create index work_by_lease on work (leased_until, lane) where leased_until > 0;
