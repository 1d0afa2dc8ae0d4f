"""What the options of a port say, and what makes no sense together."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from tests.unit.runtime.alerts.authority import Authority
from wilkc.cli.listening import TlsFiles, Way
from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def test_whoever_is_let_in_shows_a_certificate_where_an_authority_is_named(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    shown, clients = str(authority.issue()), str(authority.ca_file)
    anybody = TlsFiles(shown, None, None).opened()
    known = TlsFiles(shown, shown, clients).opened()
    assert anybody is not None
    assert known is not None
    assert anybody.context.verify_mode == ssl.CERT_NONE
    assert known.context.verify_mode == ssl.CERT_REQUIRED
    assert TlsFiles(None, None, None).opened() is None


def test_what_goes_with_a_certificate_is_refused_without_one(tmp_path: Path) -> None:
    path = str(tmp_path / "x.pem")
    for files in (TlsFiles(None, path, None), TlsFiles(None, None, path)):
        with pytest.raises(UsageError, match="--tls-cert"):
            files.opened()
        with pytest.raises(UsageError, match="--listen-address"):
            Way(None, files, None, None).address()
    with pytest.raises(UsageError):
        TlsFiles(path, None, None).opened()
