"""Guardrails: what is proved about every agent. Room: analyze."""

from wilkc.analyze.prove.guardrails import prove_guardrails
from wilkc.analyze.prove.model import Never, Outcome, Verdict, Within, verdict_json
from wilkc.analyze.prove.problems import guardrail_problems
from wilkc.analyze.prove.wanted import Wanted, wanted_guardrails

__all__ = [
    "Never",
    "Outcome",
    "Verdict",
    "Wanted",
    "Within",
    "guardrail_problems",
    "prove_guardrails",
    "verdict_json",
    "wanted_guardrails",
]
