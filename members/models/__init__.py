"""People: members and their addresses, levels, points, messages, and what the staff did."""

from members.models.exports import ExportFile
from members.models.knowing import Activity, MemberVisitDay, SegmentRun, Tag
from members.models.levels import FULL_PRICE, Level
from members.models.messages import Message, MessageChannel, MessageStatus
from members.models.operations import OperationLog, OperationLogQuerySet
from members.models.people import (
    PHONE,
    Address,
    Consent,
    Member,
    MemberQuerySet,
    SmsCode,
    in_scope,
    in_scope_at_once,
    mask_name,
    mask_phone,
    new_member_no,
    serves,
    staff_scope,
)
from members.models.points import PointsEntry, PointsKind, PointsUse

__all__ = [
    "FULL_PRICE",
    "PHONE",
    "Activity",
    "Address",
    "Consent",
    "ExportFile",
    "Level",
    "Member",
    "MemberQuerySet",
    "MemberVisitDay",
    "Message",
    "MessageChannel",
    "MessageStatus",
    "OperationLog",
    "OperationLogQuerySet",
    "PointsEntry",
    "PointsKind",
    "PointsUse",
    "SegmentRun",
    "SmsCode",
    "Tag",
    "in_scope",
    "in_scope_at_once",
    "mask_name",
    "mask_phone",
    "new_member_no",
    "serves",
    "staff_scope",
]
