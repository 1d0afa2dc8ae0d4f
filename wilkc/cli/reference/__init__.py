"""The pages of `docs/reference`, made from the registries. Room: cli."""

from wilkc.cli.reference.pages import pages
from wilkc.cli.reference.refusals import NO_ANSWERS, REFUSALS
from wilkc.cli.reference.remedies import REMEDIES

__all__ = ["NO_ANSWERS", "REFUSALS", "REMEDIES", "pages"]
