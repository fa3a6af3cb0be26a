-- Faxes that lie at a company: told of and not here yet, or here and to be erased there. Names are the company's own.
create table pickups (
  place text not null, -- channel and account
  fax text not null,
  phase text not null check (phase in ('seen', 'kept')),
  primary key (place, fax)
);
