-- Chat completions that were asked to be kept.
create table chats (
  id varchar(64) primary key,
  account varchar(128) not null,
  created bigint not null,
  model varchar(512) not null,
  chat text not null,
  messages text not null
);

create index chats_by_account on chats (account, created);
