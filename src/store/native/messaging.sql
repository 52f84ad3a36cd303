CREATE TABLE IF NOT EXISTS inbox (
  consumer        TEXT NOT NULL,
  key             TEXT NOT NULL,
  result          TEXT NOT NULL,
  claimed_at      INTEGER NOT NULL,
  expires_at      INTEGER,
  PRIMARY KEY (consumer, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (
  sequence        INTEGER PRIMARY KEY,
  sender          TEXT NOT NULL,
  message_id      TEXT NOT NULL,
  body            TEXT NOT NULL,
  sent            INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS outbox_unsent ON outbox (sender, sequence) WHERE sent = 0;
