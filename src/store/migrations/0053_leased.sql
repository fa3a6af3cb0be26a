-- Only what is leased: rows that wait, by the million, need no place in it. (Not `> 0`: SQLite would compare that with the
-- values of queries, and plan those anew at each run.)
drop index work_by_lease;
create index work_by_lease on work (leased_until, lane) where leased_until <> 0;
