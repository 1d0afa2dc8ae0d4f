"""See `world.py`."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.egress.hosts import Authority, Host, make_authority, page
from tests.integration.egress.world import PUBLIC, SPEC, World, bundle_of
from wilkc.bundle import generate_key
from wilkc.opa import Sidecar, SidecarSettings

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def world(bwrap: Path, opa: Path, authority: Authority) -> Iterator[World]:
    """See `World`; names lead to public addresses, and those to hosts of this machine."""
    del bwrap
    work = Path(tempfile.mkdtemp(prefix="wilk-egress-"))
    work.chmod(0o755)
    if os.geteuid() == 0:
        owner = pwd.getpwnam("nobody").pw_uid
        os.chown(work, owner, owner)
    key = generate_key()
    hosts = (Host(page, authority.server), Host(page), Host(page, greets=b"SSH-2.0-test\r\n"))
    names = {name: [PUBLIC] for name in ("api.example.com", "plain.example.com",
                                         "git.example.com", "other.example.org")}  # fmt: skip
    with Sidecar(bundle_of(SPEC, key), {"k": key.public()}, SidecarSettings(opa)) as sidecar:
        yield World(sidecar, key, authority, *hosts, work, names=names)
    for host in hosts:
        host.close()
    shutil.rmtree(work)
