"""Spreads the incidents in the register's database over some hours, and adds a week of counts: for the screenshots."""

import json
import random
import sqlite3
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

HOUR = 3_600_000
MINUTE = 60_000
random.seed(7)


def rfc3339(milliseconds):
    moment = datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds % 1000:03}Z"


def spread(db, now):
    rows = [(name, json.loads(listing)) for name, listing in db.execute("SELECT incident, listing FROM incidents")]
    random.shuffle(rows)
    ago = 3 * MINUTE
    for name, listing in rows:
        listing["firstSeen"], listing["lastSeen"] = rfc3339(now - ago), rfc3339(now - ago + MINUTE)
        values = (now - ago, now - ago + MINUTE, json.dumps(listing), name)
        db.execute("UPDATE incidents SET first_seen = ?, last_seen = ?, listing = ? WHERE incident = ?", values)
        ago = int(ago * 1.25) + 7 * MINUTE


def add_week(db, now):
    for back in range(1, 7 * 24):
        hour = now - now % HOUR - back * HOUR
        day = 8 <= hour // HOUR % 24 <= 19
        events = random.randint(2, 9) if day else random.randint(0, 3)
        counts = {
            "accepted.alert": events,
            "duplicate.alert": random.randint(0, 3 * events),
            "ignored.event_type": random.randint(0, events),
            "started.alert": max(0, events - random.randint(0, 2)),
            "failed.refused": int(random.random() < 0.06),
            "refused.unauthorized": int(random.random() < 0.04) * random.randint(1, 9),
        }
        kept = json.dumps({name: count for name, count in counts.items() if count})
        db.execute("INSERT OR REPLACE INTO counts VALUES (?, ?)", (hour, kept))


for path in Path(sys.argv[1]).rglob("*RegisterObject/*.sqlite"):
    with sqlite3.connect(path) as db:
        if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'incidents'").fetchone():
            now = int(time.time() * 1000)
            spread(db, now)
            add_week(db, now)
