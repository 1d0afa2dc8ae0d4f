"""What the settings of a harness start for every call. Layer: cli.

Started by its path, as an interpreter that cannot find a script ends with 2, which blocks, and
one that cannot find a module with 1, which does not. Everything is imported inside: whatever is
missing or broken is a denial.
"""

from __future__ import annotations

import os
import sys


def _one_shot(*given: object) -> None:
    from wilkc.cli.hooking.one_shot import one_shot  # noqa: PLC0415  # slow to load

    one_shot(*given)  # type: ignore[arg-type]  # typed where it is called


def _end(error: BaseException) -> None:
    try:
        os.write(2, b"wilk: denied: the hook cannot run: %s\n" % type(error).__name__.encode())
    finally:
        os._exit(2)


if __name__ == "__main__":
    try:
        # The package that this script belongs to, whatever else is installed.
        sys.path.append(os.path.abspath(f"{__file__}/../../.."))  # noqa: PTH100  # quicker
        from wilkc.adapters.hooks.client import Run

        Run(_one_shot).run(sys.argv[1:])
    except BaseException as error:  # noqa: BLE001  # whatever it is, it is a denial
        _end(error)
