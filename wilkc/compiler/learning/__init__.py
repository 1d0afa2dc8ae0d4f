"""A proposal for recorded requests, as texts. Room: compiler."""

from wilkc.compiler.learning.proposing import Listed, Proposal, propose

__all__ = ["Listed", "Proposal", "propose"]
