"""The table at the end of `make chaos`."""

import pytest

from tests.chaos import reporting


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if reporting.TABLE:
        terminalreporter.section("chaos")
        for line in reporting.lines():
            terminalreporter.write_line(line)
