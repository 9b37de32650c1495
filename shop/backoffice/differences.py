"""What an entry of the operation log changed, in words: labels of the fields, choices by name, fen as yuan."""

from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, Model

from members.models import OperationLog
from shop.lib.money import FenField, yuan

# What is written beside the columns of a row.
WORDS = {
    "units_by_line": "件数",
    "reason": "原因",
    "note": "原因",
    "text": "备注",
    "company": "快递公司",
    "tracking_no": "快递单号",
    "restock": "退回库存",
    "no": "单号",
    "format": "格式",
    "rows": "每行",
    "in_clear": "明文",
    "role": "角色",
    "stores": "门店",
    "nickname": "姓名",
    "username": "登录名",
    "password": "密码",
    "skus": "规格",
    "stock": "库存",
    "count": "数量",
    "store": "门店",
    "order": "订单",
    "redemption": "核销记录",
    "is_active": "启用",
    "weekdays": "星期",
    "ladder": "等级",
    "level": "等级",
}


def differences(row: OperationLog) -> list[tuple[str, str]]:
    """List `(label, "before → after")` of everything that an entry says has changed, or was given along."""
    names = [*row.before, *(name for name in row.after if name not in row.before)]
    found = [(label_of(row, name), sentence(row, name)) for name in names]
    return [(label, words) for label, words in found if words]


def sentence(row: OperationLog, name: str) -> str:
    before, after = (
        words_of(row, name, values[name]) if name in values else None for values in (row.before, row.after)
    )
    if before is None or before == after:
        return after or ""
    return before if after is None else f"{before or '空'} → {after or '空'}"


def label_of(row: OperationLog, name: str) -> str:
    """Call a value as its field is called."""
    field = field_of(row, name)
    known = WORDS.get(name)
    return known or (str(field.verbose_name) if field else name)


def words_of(row: OperationLog, name: str, value: Any) -> str:
    """Write a value as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, dict):
        return "，".join(f"{key} × {inner}" for key, inner in value.items() if inner)
    if isinstance(value, list):
        return "、".join(map(str, value))
    field = field_of(row, name)
    if isinstance(field, FenField) and isinstance(value, int):
        return f"¥{yuan(value)}"
    return str(dict(field.flatchoices).get(value, value)) if field else str(value)


def field_of(row: OperationLog, name: str) -> "Field[Any, Any] | None":
    """Return the column of the row's table that a value belongs to."""
    try:
        model: type[Model] = apps.get_model(row.target_type)
        field = model._meta.get_field(name)
    except (LookupError, ValueError, FieldDoesNotExist):
        return None
    return field if isinstance(field, Field) else None
