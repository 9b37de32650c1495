"""The environment of every test run, set before Django reads its settings."""

import os

os.environ.setdefault("DEMO", "1")
