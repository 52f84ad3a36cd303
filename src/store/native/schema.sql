CREATE TABLE events (
  sequence        INTEGER PRIMARY KEY,
  position        INTEGER,
  event_id        TEXT,
  kind            TEXT NOT NULL,
  type            TEXT NOT NULL,
  schema_version  TEXT,
  stream_id       TEXT,
  aggregate_type  TEXT,
  version         INTEGER,
  role            TEXT,
  occurred_at     TEXT,
  recorded_at     TEXT,
  correlation_id  TEXT,
  causation_id    TEXT,
  data            TEXT,
  data_bytes      BLOB,
  data_encoding   TEXT,
  metadata        TEXT,
  warnings        TEXT,
  imported        INTEGER NOT NULL
);
CREATE UNIQUE INDEX events_by_stream ON events (stream_id, ifnull(aggregate_type, x''), version, imported);
CREATE UNIQUE INDEX events_by_id ON events (event_id, imported);
CREATE TABLE event_streams (
  sequence        INTEGER NOT NULL REFERENCES events,
  ordinal         INTEGER NOT NULL,
  stream_id       TEXT NOT NULL,
  aggregate_type  TEXT,
  version         INTEGER,
  role            TEXT,
  PRIMARY KEY (sequence, ordinal)
) WITHOUT ROWID;
