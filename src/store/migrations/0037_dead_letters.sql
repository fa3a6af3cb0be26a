-- Why work failed the last time: class and place of the error, never its words. And since when a person lets it lie.
alter table work add column failure text;
alter table work add column aside_at bigint;
