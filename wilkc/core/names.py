"""What may be the name of a spec, an agent, a role or a principal. Layer: core."""

from __future__ import annotations

import re
from typing import Final

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", re.ASCII)
"""The whole of a name, LANGUAGE.md section 1."""
