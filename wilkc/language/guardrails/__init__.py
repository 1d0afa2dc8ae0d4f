"""Guardrails and grants: what no agent may ever be allowed, or one may for a while.

Room: language.
"""

from wilkc.language.guardrails.rules import Granted, Guardrail, parse_granted, parse_guardrail

__all__ = ["Granted", "Guardrail", "parse_granted", "parse_guardrail"]
