"""What would be in force after a change of grants. Layer: cli."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wilkc import __version__
from wilkc.cli.building import Built, build_sources
from wilkc.core.errors import VerificationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.cli.grants.overlay import Held
    from wilkc.cli.grants.releases import InForce
    from wilkc.cli.review import Review
    from wilkc.compiler import Store


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would be in force.

    Attributes:
        base: what is in force.
        built: what would be, unsigned and without a number.
        ended: grants that leave with it because their time is over.
        review: what it changes; None where it only takes away.
        recompiled: by which versions of Wilk, where another one comes into force with it.
    """

    base: InForce
    built: Built
    ended: tuple[Held, ...] = ()
    review: Review | None = None
    recompiled: str = ""


def propose_less(
    base: InForce, sources: Mapping[str, bytes], store: Store | None, *, recompile: bool = False
) -> Proposal:
    """What is in force without something; only the compilers are compared.

    Args:
        base: what is in force.
        sources: those that stay.
        store: what was compiled before.
        recompile: whether this Wilk may come into force in the place of another one.

    Raises:
        SpecError: it does not compile.
        VerificationError: what is in force was not made from its sources by this Wilk.
    """
    recompiled = ""
    try:
        require_same(base, build_sources(base.sources, form=base.form, store=store))
    except VerificationError as error:
        if not recompile:
            raise VerificationError(
                error.message,
                help_text="take it back by that version; in an emergency say `--recompile`, by "
                "which all that this one makes of every agent comes into force, unproved",
            ) from error
        recompiled = f"Wilk {compiler_of(base)}, now {__version__}"
    built = build_sources(sources, form=base.form, store=store)
    return Proposal(base, built, recompiled=recompiled)


def require_same(base: InForce, old: Built) -> None:
    """Check that no other compiler would come into force together with a change.

    Raises:
        VerificationError: this Wilk makes something else of what is in force.
    """
    if old.compiled.revision != base.bundle.revision:
        raise VerificationError(
            f"what is in force was compiled by Wilk {compiler_of(base)}, and differs from what "
            f"this one, {__version__}, makes of its sources",
            help_text="release the policies by this version first, then grant",
        )


def compiler_of(base: InForce) -> str:
    """The version of Wilk that made what is in force."""
    metadata = base.bundle.manifest.get("metadata")
    return str(metadata.get("compiler")) if isinstance(metadata, dict) else "?"
