-- By what the log is filtered and the overview counts, beside each delivery: so that no list has to look at the message of
-- every delivery that it passes over.
alter table deliveries add column urgency text;
alter table deliveries add column deadline bigint;
alter table deliveries add column received_at bigint;
update deliveries set (urgency, deadline, received_at) =
  (select m.urgency, m.deadline, m.received_at from messages m where m.id = deliveries.message);
create index deliveries_by_urgency on deliveries (urgency, id);
-- All that the figures are made of, so that they are counted from the index.
create index deliveries_by_arrival on deliveries (received_at, practice, channel, state, moved_at, deadline, hop);
drop index messages_by_arrival;
