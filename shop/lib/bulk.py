"""Many rows in one statement, made by the database from rows that it has already."""

from collections.abc import Mapping
from typing import Any

from django.db import connection, models
from django.db.models import ExpressionWrapper, Value


def insert_select(model: type[models.Model], rows: "models.QuerySet[Any]", values: Mapping[str, Any]) -> int:
    """Insert a row of `model` for each of `rows`; return how many were really written.

    `values` {field: value or expression over `rows`} names every column that is not NULL: defaults of Python do
    nothing here. A row that a unique constraint refuses is left out. `rows` is ordered, and may be limited.
    """
    quoted = connection.ops.quote_name
    fields: list[Any] = [model._meta.get_field(name) for name in values]
    made = [_expression(field, values[field.name]) for field in fields]
    sql, parameters = rows.values_list(*made).query.sql_with_params()
    columns = ", ".join(quoted(field.column) for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quoted(model._meta.db_table)} ({columns}) {sql} ON CONFLICT DO NOTHING",
            parameters,
        )
        return int(cursor.rowcount)


def _expression(field: Any, value: Any) -> Any:
    """Return `value` as what the database writes into `field`."""
    if hasattr(value, "resolve_expression"):
        return ExpressionWrapper(value, output_field=field)
    return Value(value, output_field=field)
