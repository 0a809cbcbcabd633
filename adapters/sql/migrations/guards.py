"""The triggers that keep the log append-only, whoever is connected. Make them again after any change of `events`."""

from __future__ import annotations

import sqlalchemy as sa

TRIGGERS = {
    "sqlite": frozenset({"events_no_update", "events_no_delete", "events_no_replace"}),
    "postgresql": frozenset({"events_no_change", "events_no_truncate"}),
}

_SQLITE = (
    """CREATE TRIGGER events_no_update BEFORE UPDATE ON events
       BEGIN SELECT RAISE(ABORT, 'events are never changed'); END""",
    """CREATE TRIGGER events_no_delete BEFORE DELETE ON events
       BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END""",
    # INSERT OR REPLACE deletes the row in its way without the trigger above, unless recursive_triggers is on.
    """CREATE TRIGGER events_no_replace BEFORE INSERT ON events
       WHEN EXISTS (SELECT 1 FROM events WHERE position = NEW.position)
         OR EXISTS (SELECT 1 FROM events WHERE event_id = NEW.event_id)
         OR EXISTS (SELECT 1 FROM events WHERE job_id = NEW.job_id AND version = NEW.version)
       BEGIN SELECT RAISE(ABORT, 'events are never replaced'); END""",
)

# ALWAYS: also in a session that plays a replica, where ordinary triggers are silent.
_POSTGRESQL = (
    """CREATE FUNCTION events_are_for_ever() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'events are never changed, replaced or deleted' USING ERRCODE = 'restrict_violation'; END
       $$""",
    """CREATE TRIGGER events_no_change BEFORE UPDATE OR DELETE ON events
       FOR EACH ROW EXECUTE FUNCTION events_are_for_ever()""",
    """CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events
       FOR EACH STATEMENT EXECUTE FUNCTION events_are_for_ever()""",
    "ALTER TABLE events ENABLE ALWAYS TRIGGER events_no_change",
    "ALTER TABLE events ENABLE ALWAYS TRIGGER events_no_truncate",
)


def guard_events(connection: sa.Connection) -> None:
    """Make the triggers."""
    for statement in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL:
        connection.execute(sa.text(statement))
