"""Buying together."""

from django.apps import AppConfig


class GroupbuyConfig(AppConfig):
    name = "groupbuy"
    verbose_name = "拼团"
