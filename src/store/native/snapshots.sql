CREATE TABLE IF NOT EXISTS aggregate_snapshots (
  stream_id       TEXT NOT NULL,
  aggregate_type  TEXT NOT NULL,
  rules           TEXT NOT NULL,
  version         INTEGER NOT NULL,
  state           TEXT NOT NULL,
  PRIMARY KEY (stream_id, aggregate_type)
) WITHOUT ROWID;
