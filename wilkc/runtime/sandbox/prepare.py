"""Everything of a launch that comes before the start: resolve, walk, cut out, agree.

Layer: runtime. Descriptors opened here belong to `Prepared` and are closed by its `close`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from wilkc.core.sandbox_plan import SECRETS, WHOLE
from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.runtime.sandbox import whole
from wilkc.runtime.sandbox.agreement import file_request, require_agreement
from wilkc.runtime.sandbox.appearing import appearing
from wilkc.runtime.sandbox.argv import BESIDE, MAX_WORDS, words
from wilkc.runtime.sandbox.binds import Bases, outermost, resolve, tree_binds
from wilkc.runtime.sandbox.cutouts import Cutouts, Ground, cut_out, second_name
from wilkc.runtime.sandbox.environment import TMP, environment
from wilkc.runtime.sandbox.foreign import require_own_names
from wilkc.runtime.sandbox.held import links_to, require_apart
from wilkc.runtime.sandbox.hiding import divided
from wilkc.runtime.sandbox.identity import PRIVATE_HOME
from wilkc.runtime.sandbox.kept import lend, lend_private
from wilkc.runtime.sandbox.linked import second_names
from wilkc.runtime.sandbox.matching import matcher
from wilkc.runtime.sandbox.names import is_within
from wilkc.runtime.sandbox.narrowed import Scene, leafy_binds
from wilkc.runtime.sandbox.own import NOWHERE, Own, own_places
from wilkc.runtime.sandbox.place import find_place, require_another
from wilkc.runtime.sandbox.ports import decide_all
from wilkc.runtime.sandbox.refusal import SandboxRefusedError
from wilkc.runtime.sandbox.reserved import Reserved
from wilkc.runtime.sandbox.resolve import open_real
from wilkc.runtime.sandbox.static import given_entries, static_entries, static_masks
from wilkc.runtime.sandbox.view import Bind, View
from wilkc.runtime.sandbox.walk import Found, Lookout, Survey, survey

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wilkc.core.sandbox_plan import Mount, SandboxPlan
    from wilkc.runtime.sandbox.identity import Identity
    from wilkc.runtime.sandbox.job import Job
    from wilkc.runtime.sandbox.names import Roots
    from wilkc.runtime.sandbox.ports import DecisionPoint

Others = Callable[[], frozenset[str]]
"""Asks for the paths that other running launches made."""

_BY_USER: Final = "`type: process` keeps no file rule: what its user may do, the command may"
_MOST_WORDS: Final = 6
"""Of one mask, pin or bind."""
MAX_CUTOUTS: Final = 10_000
"""Masks and pins of one launch; each costs a mount."""


@dataclass(slots=True)
class Prepared:
    """A launch that is ready to start.

    Attributes:
        job: what is launched.
        roots: what root tags stand for on this host.
        identity: whom it runs as.
        view: what it shows.
        cut: the cut-outs of the view.
        seen: what the walk found.
        lookout: what the walk looked for, for the walk after the launch.
        judged: writable trees whose changes are judged afterwards.
        written: all writable trees; they are looked through afterwards.
        bases: the open mounts.
        absent: paths that other running launches made.
    """

    job: Job
    roots: Roots
    identity: Identity
    view: View
    cut: Cutouts
    seen: Survey
    lookout: Lookout
    judged: tuple[str, ...]
    written: tuple[str, ...]
    bases: Bases
    absent: frozenset[str]

    def close(self) -> None:
        """Close every descriptor."""
        self.bases.close()


def prepare(
    job: Job, point: DecisionPoint, bases: Bases, others: Others, *, use_fds: bool
) -> Prepared:
    """Find out what to mount and mask, and that the policy agrees.

    Args:
        job: what is to be launched.
        point: the decision point.
        bases: receives every open descriptor, and what was made, also on failure.
        others: tells which paths other running launches made and will remove.
        use_fds: whether bubblewrap takes descriptors as sources.

    Raises:
        SandboxRefusedError: with the reason; nothing has run.
    """
    before = others()  # cleans up after killed launches, before anything is looked at
    identity, roots = find_place(job)
    plan = job.plan
    require_another(job, identity)
    reserved = _reserved(job, roots, identity)
    resolve(plan, reserved, identity, bases, partial(_permits, job.agent, point))
    require_own_names(plan, roots, bases.found)
    bases.stand_on(before)
    full = plan.filesystem == "full"
    trees = outermost(_shown_trees(job, roots, bases, use_fds=use_fds))
    written = tuple(one.path for one in trees if one.access == "write")
    lookout = replace(_lookout(plan, reserved, identity, bases), writable=written)
    judged = _judged(bases, trees)
    stamped = tuple(top for top in written if os.path.isdir(top))  # noqa: PTH112
    tops = whole.tops_of(plan, roots) if full else set()
    seen = survey(_walked(bases, trees, stamped, tops, lookout.beyond), lookout)
    scene = Scene(job, point, bases, reserved, use_fds)
    binds = outermost([*trees, *leafy_binds(scene, seen)])
    directories = tuple(bind.path for bind in binds if os.path.isdir(bind.path))  # noqa: PTH112
    writable = tuple(
        bind.path for bind in binds if bind.access == "write" and bind.path in directories
    )
    hidden = [*seen.hidden, *_home_inside(roots)]
    if plan.isolation == "process":
        binds, hidden, directories, writable = (), [], (), ()
    elif full:
        hidden += whole.named(plan, roots, identity, writable, reserved.own)
        hidden = [one for one in hidden if not whole.is_covered(one.path, directories)]
        directories = ("/", *directories)
    elif plan.runtime_paths:
        hidden += whole.among_programs(plan, roots, identity, writable, reserved.own)
        directories = (*directories, *plan.runtime_paths)
    require_apart(job.held, roots.workspace, writable)
    ground = _ground(directories, writable, plan, reserved.own)
    inside = [one for one in hidden if _in_any(one.path, directories)]
    relevant = Survey(inside, seen.frozen, seen.repositories, seen.git)
    cut, absent = _cut_out(ground, relevant, plan, roots, others)
    for path in second_names(seen, cut, binds, directories, reserved):
        second_name(path, plan.level, cut)
    _report(cut, plan, directories, roots)
    _require_few(cut)
    _agree(scene, binds, relevant.hidden)
    view = _view(scene, identity, binds, cut)
    _require_room(view, job)
    return Prepared(job, roots, identity, view, cut, seen, lookout, judged, stamped, bases, absent)


def _require_programs(plan: SandboxPlan, identity: Identity) -> None:
    """Further programs are mounted by no rule, so nothing but their name may say which."""
    for name in plan.runtime_paths:
        for link in links_to(name):
            if identity.uid != 0 and os.lstat(link).st_uid == identity.uid:
                raise SandboxRefusedError(
                    "sandbox.precondition",
                    f"`{name}` of `runtime_paths` is reached by the link `{link}`, which commands"
                    " could have made",
                    help_text=f"name `{os.path.realpath(name)}` itself if that is meant",
                )


def _permits(agent: str, point: DecisionPoint, mount: Mount, name: str) -> bool:
    try:
        return decide_all(point, [file_request(agent, mount.action, (name,))])[0].allow
    except ValueError as error:
        raise SandboxRefusedError("sandbox.disagrees_with_policy", str(error)) from error


def _ground(
    directories: tuple[str, ...], writable: tuple[str, ...], plan: SandboxPlan, own: Own
) -> Ground:
    return Ground(directories, writable, plan.level, own=own.user, kept=own.kept)


def _reserved(job: Job, roots: Roots, identity: Identity) -> Reserved:
    plan, own = job.plan, own_places(identity.uid).of_call(job.held)
    _require_programs(plan, identity)
    if plan.isolation == "process":
        return Reserved(roots, own=own, mounts=False)
    blocked = matcher((*plan.hidden, *SECRETS), BLOCK, fold=plan.fold)
    protected = matcher(plan.frozen, BLOCK, fold=plan.fold)
    reserved = Reserved(roots, blocked, protected, fold=plan.fold, own=own)
    for name in plan.runtime_paths:
        why = reserved.why(os.path.realpath(name))
        if why:
            text = f"`{name}` of `runtime_paths` {why}"
            raise SandboxRefusedError("sandbox.precondition", text)
    return reserved


def _lookout(plan: SandboxPlan, reserved: Reserved, identity: Identity, bases: Bases) -> Lookout:
    leafy = {
        base.mount.pattern: matcher([base.mount.pattern], ALLOW, fold=plan.fold)
        for base in bases.found
        if base.mount.how == "each"
    }
    bare = plan.isolation == "process"
    return Lookout(
        reserved.roots,
        identity,
        reserved.blocked,
        reserved.protected,
        leafy,
        plan.unix_sockets,
        whole.beyond(plan) if plan.filesystem == "full" else frozenset(),
        # Without mounts all that may change is looked at, before and afterwards.
        bare,
        own=NOWHERE if bare else reserved.own.around(reserved.roots.workspace),
    )


def _judged(bases: Bases, trees: Sequence[Bind]) -> tuple[str, ...]:
    asked = {base.opened.path for base in bases.found if base.mount.postcheck}
    writable = [bind.path for bind in trees if bind.access == "write"]
    return tuple(top for top in writable if any(is_within(path, top) for path in asked))


def _shown_trees(job: Job, roots: Roots, bases: Bases, *, use_fds: bool) -> list[Bind]:
    """What is bound for rules of whole trees and files.

    Where the whole host is in view only what may be written is bound, and a workspace that the
    sandbox's own directories would cover.
    """
    binds = tree_binds(bases.found, use_fds=use_fds)
    if job.plan.filesystem != "full":
        return binds
    binds = [one for one in binds if one.access == "write"]
    if whole.is_covered(roots.workspace, ()):
        opened = open_real(roots.workspace)
        if opened is None:
            text = f"the workspace `{roots.workspace}` is not there"
            raise SandboxRefusedError("sandbox.workspace_moved", text)
        bases.extra.append(opened.fd)
        fd = opened.fd if use_fds else None
        binds.append(Bind(roots.workspace, "read", fd, opened.device, opened.inode, WHOLE, 0))
    return binds


def _walked(
    bases: Bases,
    trees: Sequence[Bind],
    stamped: Collection[str],
    more: Iterable[str],
    beyond: frozenset[str],
) -> list[tuple[str, bool]]:
    """Each directory to walk once: outermost ones, stamped where a writable tree is inside."""
    tops = {base.opened.path for base in bases.found if base.opened.directory}
    tops |= {bind.path for bind in trees if os.path.isdir(bind.path)}  # noqa: PTH112
    tops |= set(more)
    outer = [top for top in tops if not any(_reaches(one, top, beyond) for one in tops)]
    return [(top, any(is_within(one, top) for one in stamped)) for top in sorted(outer)]


def _reaches(top: str, path: str, beyond: frozenset[str]) -> bool:
    """Whether a walk that begins at a directory comes to another one."""
    if path == top or not is_within(path, top):
        return False
    return not any(is_within(path, one) and is_within(one, top) for one in beyond if one != top)


def _agree(scene: Scene, binds: Sequence[Bind], hidden: Sequence[Found]) -> None:
    agent, plan = scene.job.agent, scene.job.plan
    mounted = {bind.path for bind in binds}
    whole = [base for base in scene.bases.found if base.mount.how != "each"]
    leafy = {base.mount.rule for base in scene.bases.found if base.mount.how == "each"}
    allowed = [
        file_request(agent, base.mount.action, (base.sample,))
        for base in whole
        if base.opened.path in mounted
    ]
    allowed += [
        file_request(agent, bind.action, scene.reserved.roots.names(bind.path))
        for bind in binds
        if bind.rule in leafy
    ]
    policy = matcher(plan.hidden, BLOCK, fold=plan.fold)
    denied = []
    for found in hidden:
        with suppress(ValueError):  # what has no canonical name cannot be asked about
            names = scene.reserved.roots.names(found.path)
            if any(policy.fullmatch(name) for name in names):
                denied.append(file_request(agent, "write", names, directory=found.directory))
    require_agreement(scene.point, scene.job.revision, allowed, denied)


def _cut_out(
    ground: Ground, seen: Survey, plan: SandboxPlan, roots: Roots, others: Others
) -> tuple[Cutouts, frozenset[str]]:
    """The cut-outs, and what of other launches they were made with.

    A launch that began meanwhile may have put its own places for masks where this one looked,
    so it is looked again until nothing is new.
    """
    absent = others()
    while True:
        # A directory that another launch made and this one mounts is there for both.
        mounted = [one for one in absent if any(is_within(top, one) for top in ground.trees)]
        here = replace(ground, absent=absent.difference(mounted))
        cut = cut_out(here, seen, plan.hidden, plan.frozen, roots)
        now = others()
        if now <= absent:
            return cut, absent
        absent |= now


def _report(cut: Cutouts, plan: SandboxPlan, directories: Sequence[str], roots: Roots) -> None:
    """What the masks cannot keep, for the record."""
    cut.reports += appearing(plan.hidden, directories, roots)
    if plan.isolation == "process":
        cut.reports.append(_BY_USER)


def _require_few(cut: Cutouts) -> None:
    count = len(cut.hidden) + len(cut.frozen) + len(cut.pins)
    if count > MAX_CUTOUTS:
        raise SandboxRefusedError(
            "sandbox.too_many_mounts",
            f"{count} paths would have to be masked or pinned; at most {MAX_CUTOUTS} are",
            help_text="block whole folders instead of many files, or mount narrower paths",
        )


def _require_room(view: View, job: Job) -> None:
    """Tell beforehand what bubblewrap would tell without a cure."""
    few = len(view.masks) + len(view.pins) + len(view.binds) + len(job.command)
    if few * _MOST_WORDS < MAX_WORDS // 2:
        return  # nor do the others come near to the rest
    built, _ = divided(view)
    count = words(built) + BESIDE + len(job.command)
    if count > MAX_WORDS and job.plan.isolation != "process":
        raise SandboxRefusedError(
            "sandbox.too_many_mounts",
            f"the masks, pins and words of the command take {count} words of bubblewrap's;"
            f" at most {MAX_WORDS} are",
            help_text="block fewer folders, mount narrower paths, or give the command less words",
        )


def _view(scene: Scene, identity: Identity, binds: Sequence[Bind], cut: Cutouts) -> View:
    job, roots, bases, use_fds = scene.job, scene.reserved.roots, scene.bases, scene.use_fds
    plan = job.plan
    full = plan.filesystem == "full"
    home = identity.home
    if full:
        home = whole.HOME
    elif home is None or is_within(home, roots.workspace):
        home = PRIVATE_HOME
    programs = () if full else static_entries(plan.runtime_paths)
    tmp = TMP
    lent = lend(job, identity, home, bases, use_fds=use_fds)
    if plan.isolation == "process":
        lent = lent or lend_private(job, identity, bases)
        tmp, home = (one.source for one in lent)
    return View(
        static=(*programs, *given_entries(job.files)),
        home=home,
        cwd=roots.workspace,
        tmp=plan.limits.tmp,
        shm=plan.limits.shm,
        environment=environment(plan.environment, job.caller, home, proxied=job.proxied, tmp=tmp),
        binds=tuple(binds),
        pins=tuple(sorted(cut.pins, key=lambda path: (path.count("/"), path))),
        masks=(*(() if full else static_masks()), *cut.masks()),
        whole=full,
        shared=plan.process == "shared",
        lent=lent,
    )


def _home_inside(roots: Roots) -> tuple[Found, ...]:
    """A home directory inside the workspace: rules for `.` do not speak of it."""
    home = roots.home
    if home is None or home == roots.workspace or not is_within(home, roots.workspace):
        return ()
    return (Found(home, directory=True, link=False, names=1),)


def _in_any(path: str, trees: Sequence[str]) -> bool:
    return any(is_within(path, tree) and path != tree for tree in trees)
