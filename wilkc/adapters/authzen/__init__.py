"""OpenID AuthZEN Authorization API 1.0 in front of the decision point. Room: adapters."""

from wilkc.adapters.authzen.metadata import DEFAULT_BASE_URL
from wilkc.adapters.authzen.server import Address, AuthzenServer, AuthzenSettings
from wilkc.adapters.authzen.service import Service
from wilkc.adapters.authzen.vocabulary import Vocabulary

__all__ = [
    "DEFAULT_BASE_URL",
    "Address",
    "AuthzenServer",
    "AuthzenSettings",
    "Service",
    "Vocabulary",
]
