create table responses (
  id varchar(64) primary key,
  account varchar(128) not null,
  created bigint not null,
  previous varchar(64),
  response text not null,
  input text not null
);

create table files (
  id varchar(64) primary key,
  account varchar(128) not null,
  created bigint not null,
  name varchar(512) not null,
  purpose varchar(32) not null,
  bytes bigint not null,
  sha256 varchar(64) not null,
  expires bigint
);

create index files_by_account on files (account, created);

-- The bytes of a file, cut into parts.
create table file_parts (
  file varchar(64) not null references files (id) on delete cascade,
  part integer not null,
  data bytea not null,
  primary key (file, part)
);

create table batches (
  id varchar(64) primary key,
  account varchar(128) not null,
  created bigint not null,
  status varchar(16) not null,
  batch text not null
);

create index batches_by_account on batches (account, created);

-- What became of each line of a batch; a batch that was interrupted goes on with the lines that are not here.
create table batch_lines (
  batch varchar(64) not null references batches (id) on delete cascade,
  line integer not null,
  failed integer not null,
  result text not null,
  primary key (batch, line)
);
