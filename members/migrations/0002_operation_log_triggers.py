"""Make the operation log append-only in the database itself: only an empty digest may still be written."""

from django.db import migrations

SQLITE_UP = [
    """
    CREATE TRIGGER operation_log_no_delete BEFORE DELETE ON members_operationlog
    BEGIN SELECT RAISE(ABORT, 'the operation log is append-only'); END
    """,
    """
    CREATE TRIGGER operation_log_no_update BEFORE UPDATE ON members_operationlog
    WHEN NOT (OLD.digest = '' AND NEW.digest <> '' AND OLD.id = NEW.id AND OLD.at = NEW.at
              AND OLD.actor_id IS NEW.actor_id AND OLD.action = NEW.action AND OLD.target_type = NEW.target_type
              AND OLD.target_id = NEW.target_id AND OLD.summary = NEW.summary AND OLD.before = NEW.before
              AND OLD.after = NEW.after AND OLD.ip IS NEW.ip AND OLD.request_id = NEW.request_id)
    BEGIN SELECT RAISE(ABORT, 'the operation log is append-only'); END
    """,
]
POSTGRES_UP = [
    """
    CREATE FUNCTION operation_log_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND OLD.digest = '' AND NEW.digest <> ''
           AND to_jsonb(OLD) - 'digest' = to_jsonb(NEW) - 'digest' THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'the operation log is append-only';
    END $$
    """,
    """
    CREATE TRIGGER operation_log_guard BEFORE UPDATE OR DELETE ON members_operationlog
    FOR EACH ROW EXECUTE FUNCTION operation_log_guard()
    """,
]
SQLITE_DOWN = ["DROP TRIGGER operation_log_no_delete", "DROP TRIGGER operation_log_no_update"]
POSTGRES_DOWN = [
    "DROP TRIGGER operation_log_guard ON members_operationlog",
    "DROP FUNCTION operation_log_guard()",
]


def run_on(sqlite, postgres):
    def run(apps, schema_editor):
        for statement in postgres if schema_editor.connection.vendor == "postgresql" else sqlite:
            schema_editor.execute(statement, params=None)

    return run


class Migration(migrations.Migration):
    dependencies = [("members", "0001_initial")]
    operations = [migrations.RunPython(run_on(SQLITE_UP, POSTGRES_UP), run_on(SQLITE_DOWN, POSTGRES_DOWN))]
