"""Calling somebody outside: the three ways in which it can fail, the same for money, SMS and parcels."""

import logging
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError

logger = logging.getLogger(__name__)
_session = requests.Session()  # one pool of connections for all threads of the process


class ProviderError(Exception):
    """A provider did not do what was asked. `code` is its own word for why, `message` its sentence."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.message = message


class ProviderRejected(ProviderError):
    """A final no: asking the same again will be refused again."""


class ProviderUnavailable(ProviderError):
    """The request certainly had no effect, because it was not received or not let in: try again later."""


class ProviderUnknown(ProviderError):
    """The request may or may not have had its effect: ask the provider what it knows before doing anything else."""


def send(
    method: str, url: str, *, headers: Mapping[str, str], body: bytes, timeout: tuple[float, float]
) -> requests.Response:
    """Send one request, follow no redirect, retry nothing; return whatever answer comes, good or bad.

    Raises ProviderUnavailable when no connection was made, ProviderUnknown when one was made and then lost.
    Logs where it went and how long it took; never the query, headers or body, which hold phones and keys.
    """
    began = time.monotonic()
    outcome = "lost"
    try:
        response = _session.request(method, url, headers=headers, data=body, timeout=timeout, allow_redirects=False)
        outcome = str(response.status_code)
    except requests.RequestException as error:
        if _never_left(error):
            outcome = "unreachable"
            raise ProviderUnavailable("UNREACHABLE", type(error).__name__) from error
        raise ProviderUnknown("NO_ANSWER", type(error).__name__) from error
    finally:
        where = urlsplit(url)
        logger.info("%s %s%s: %s, %.3f s", method, where.netloc, where.path, outcome, time.monotonic() - began)
    return response


def _never_left(error: requests.RequestException) -> bool:
    """Say whether the request failed before its first byte could have been sent."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, NewConnectionError | NameResolutionError)
