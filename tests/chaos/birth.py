"""Loaded first into the process that all children are forked from, so that each is born with the shop's code."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

import django

django.setup()
