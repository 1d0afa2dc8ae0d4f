"""Checks over a plan, one file each. Room: analyze."""

from wilkc.analyze.spec_tests import run_spec_tests

__all__ = ["run_spec_tests"]
