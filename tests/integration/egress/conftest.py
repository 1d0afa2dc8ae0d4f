"""See `world.py`."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.egress.hosts import Authority, Host, make_authority, page
from tests.integration.egress.world import PUBLIC, SPEC, World, bundle_of
from wilkc.bundle import generate_key
from wilkc.opa import Sidecar, SidecarSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.bundle import PrivateKey


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


@contextmanager
def _serving(opa: Path) -> Iterator[tuple[Sidecar, PrivateKey]]:
    key = generate_key()
    with Sidecar(bundle_of(SPEC, key), {"k": key.public()}, SidecarSettings(opa)) as sidecar:
        yield sidecar, key


@contextmanager
def _world(sidecar: Sidecar, key: PrivateKey, authority: Authority) -> Iterator[World]:
    work = Path(tempfile.mkdtemp(prefix="wilk-egress-"))
    work.chmod(0o755)
    if os.geteuid() == 0:
        owner = pwd.getpwnam("nobody").pw_uid
        os.chown(work, owner, owner)
    hosts = (Host(page, authority.server), Host(page), Host(page, greets=b"SSH-2.0-test\r\n"))
    names = {name: [PUBLIC] for name in ("api.example.com", "plain.example.com",
                                         "git.example.com", "other.example.org")}  # fmt: skip
    yield World(sidecar, key, authority, *hosts, work, names=names)
    for host in hosts:
        host.close()
    shutil.rmtree(work)


@pytest.fixture(scope="module")
def served(opa: Path) -> Iterator[tuple[Sidecar, PrivateKey]]:
    """OPA with the policies, for the tests of one module."""
    with _serving(opa) as both:
        yield both


@pytest.fixture
def world(bwrap: Path, served: tuple[Sidecar, PrivateKey], authority: Authority) -> Iterator[World]:
    """See `World`; names lead to public addresses, and those to hosts of this machine."""
    del bwrap
    sidecar, key = served
    with _world(sidecar, key, authority) as made:
        yield made
    if sidecar.revision != bundle_of(SPEC, key).revision:
        sidecar.publish(bundle_of(SPEC, key))


@pytest.fixture
def lone_world(bwrap: Path, opa: Path, authority: Authority) -> Iterator[World]:
    """The same with an OPA of its own, which may be stopped."""
    del bwrap
    with _serving(opa) as (sidecar, key), _world(sidecar, key, authority) as made:
        yield made
