"""Guardrails: what no agent may ever be allowed. Room: language."""

from wilkc.language.guardrails.rules import Guardrail, parse_guardrail

__all__ = ["Guardrail", "parse_guardrail"]
