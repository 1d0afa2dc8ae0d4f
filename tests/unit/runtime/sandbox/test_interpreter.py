"""Which interpreter a file would be run by: as the kernel reads its first line, or nothing runs."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from wilkc.runtime.sandbox.interpreter import interpreter_of
from wilkc.runtime.sandbox.refusal import SandboxRefusedError


@pytest.mark.parametrize(
    ("head", "found"),
    [
        ("#!/bin/sh\necho", "/bin/sh"),
        ("#! /usr/bin/python3 -u\n", "/usr/bin/python3"),
        ("#!/usr/bin/env python3\n", "python3"),
        ("#!/usr/bin/env -S python3 -c x\n", "/usr/bin/env"),
        ("#!/usr/bin/env A=b sh\n", "/usr/bin/env"),
        ("#!\n", "#!"),
        ("#!\t/usr/bin/env\t \tpython3 \n", "python3"),
        # What ends no word for the kernel is part of the name that it runs.
        ("#!/usr/bin/env python3\v/../x\n", "python3\v/../x"),
        ("#!/usr/bin/python3\r\n", "/usr/bin/python3\r"),
        ("echo\n", ""),
        ("", ""),
    ],
)
def test_the_interpreter_of_a_script(tmp_path: Path, head: str, found: str) -> None:
    (tmp_path / "script").write_text(head)
    assert interpreter_of("./script", str(tmp_path)) == found
    assert interpreter_of(f"{tmp_path}/script", "/") == found
    assert interpreter_of("script", str(tmp_path)) == ""
    assert interpreter_of("./none", str(tmp_path)) == ""


@pytest.mark.parametrize("head", ["#!/usr/bin/env -S sh -c x\n", "\x7fELF"])
def test_a_program_that_cannot_be_read_is_refused(head: str) -> None:
    """The kernel reads the first line of a script that nobody may read, and runs what it says."""
    with tempfile.TemporaryDirectory() as top:
        Path(top).chmod(0o755)
        script = Path(top, "script")
        script.write_text(head)
        script.chmod(0o111)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        try:
            with pytest.raises(SandboxRefusedError, match="cannot be read") as refused:
                interpreter_of("./script", top)
        finally:
            if root:
                os.seteuid(0)
        assert "chmod a+r" in refused.value.help_text
        script.chmod(0o555)
        assert interpreter_of("./script", top) == ("/usr/bin/env" if head[0] == "#" else "")
