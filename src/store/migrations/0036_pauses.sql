-- Channels, or lanes of one, that a person has paused. `body`: who, and why, sealed.
create table pauses (
  place text primary key,
  since bigint not null,
  until bigint not null,
  body bytea not null
);
