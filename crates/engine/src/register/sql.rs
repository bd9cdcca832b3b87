//! The register's tables.

/// The list: a row for each incident. A release before kept an index more.
pub const LIST: &str = "CREATE TABLE IF NOT EXISTS incidents (incident TEXT PRIMARY KEY, first_seen INTEGER, \
     last_seen INTEGER, state TEXT, sender TEXT, listing TEXT); \
     CREATE INDEX IF NOT EXISTS newest ON incidents (first_seen, incident); \
     CREATE INDEX IF NOT EXISTS of_state ON incidents (state, last_seen); \
     DROP INDEX IF EXISTS oldest";

/// Permits, and the line of those who wait for one.
pub const PERMITS: &str = "CREATE TABLE IF NOT EXISTS permits (id TEXT PRIMARY KEY, at INTEGER, confirmed INTEGER) WITHOUT ROWID; \
     CREATE INDEX IF NOT EXISTS permits_at ON permits (confirmed, at); \
     CREATE TABLE IF NOT EXISTS waiters (id TEXT PRIMARY KEY, incident TEXT, rank INTEGER, since INTEGER, \
     back_at INTEGER, held INTEGER) WITHOUT ROWID; \
     CREATE INDEX IF NOT EXISTS line ON waiters (rank, since, id); \
     CREATE INDEX IF NOT EXISTS absent ON waiters (back_at)";

/// The sessions that Devin is asked about.
pub const FOLLOWED: &str = "CREATE TABLE IF NOT EXISTS followed_sessions (incident TEXT PRIMARY KEY, asked INTEGER, ended INTEGER) WITHOUT ROWID";

/// What people were notified of once for a day, and for which incident.
pub const TOPICS: &str =
    "CREATE TABLE IF NOT EXISTS topics (topic TEXT PRIMARY KEY, day INTEGER, incident TEXT) WITHOUT ROWID";

/// That the account can't pay for sessions, when the next one tries, and which incident's is trying; and when the last of
/// those who are held meanwhile asks again: one row at most in each.
pub const CREDITS: &str = "CREATE TABLE IF NOT EXISTS credits (one INTEGER PRIMARY KEY CHECK (one = 1), tries INTEGER, incident TEXT); \
     CREATE TABLE IF NOT EXISTS credits_line (one INTEGER PRIMARY KEY CHECK (one = 1), until INTEGER)";

/// What was counted, by the hour.
pub const COUNTS: &str = "CREATE TABLE IF NOT EXISTS counts (hour INTEGER PRIMARY KEY, counts TEXT)";

/// What a permit or a place in line counts for besides, by its id: a table of its own, because a release before writes whole
/// rows of the other two.
pub const COUNTED: &str =
    "CREATE TABLE IF NOT EXISTS counted (id TEXT PRIMARY KEY, urgent INTEGER, route TEXT) WITHOUT ROWID";

/// The pause that somebody asked for last: one row at most.
pub const PAUSE: &str = "CREATE TABLE IF NOT EXISTS pause (one INTEGER PRIMARY KEY CHECK (one = 1), since INTEGER, until INTEGER, reason TEXT)";
