"""Whatever is edited, a compile with a store gives what one without it gives, to the byte."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.property.worlds import HOSTILE, Maker
from tests.unit.compiler.conftest import MemoryStore, kept, whole
from wilkc.compiler import FORMS

if TYPE_CHECKING:
    from collections.abc import Callable

WORLDS = 4
EDITS = 30
"""Edits of each world, each on top of the ones before it; some make errors, some mend them."""


MOVED = b"# moved\n"


class Editor:
    """Edits a world's sources, always in another way."""

    def __init__(self, maker: Maker, sources: dict[str, bytes]) -> None:
        self.random = maker.random
        self.maker = maker
        self.sources = sources
        self.made: Counter[str] = Counter()
        self._right = sources

    def edit(self, *, refused: bool) -> None:
        """One more edit; what was refused is sometimes mended, and sometimes made worse."""
        if not refused:
            self._right = self.sources
        elif self.random.random() < 0.7:
            self.sources = self._right
            return
        kinds: list[Callable[[], None]] = [
            self._category, self._document, self._bases, self._rename, self._remove, self._policy,
            self._bindings, self._fleet, self._damage, self._join, self._comment,
        ]  # fmt: skip
        chosen = self.random.choice(kinds)
        chosen()
        self.made[chosen.__name__] += 1

    def _spec(self) -> str:
        return self.random.choice([name for name in self.sources if name.startswith("s")])

    def _changed(self, file: str, **members: Any) -> None:
        written = self.sources[file].removeprefix(MOVED)
        document = json.loads(written.partition(b"\n---\n")[0].partition(b"\0")[0])
        held = {key: value for key, value in {**document, **members}.items() if value is not None}
        text = json.dumps(held, ensure_ascii=False)
        self.sources = {**self.sources, file: text.encode()}

    def _category(self) -> None:
        file = self._spec()
        self._changed(file, permissions=self.maker.accepted("x")["permissions"])

    def _document(self) -> None:
        name = f"s{self.random.randint(0, 14)}"
        text = json.dumps(self.maker.accepted(name), ensure_ascii=False)
        self.sources = {**self.sources, f"{name}.yaml": text.encode()}

    def _bases(self) -> None:
        names = [f"s{self.random.randint(0, 9)}" for _ in range(self.random.randint(0, 2))]
        self._changed(self._spec(), extends=names)

    def _rename(self) -> None:
        file = self._spec()
        if self.random.random() < 0.3:
            self._changed(file, agent=None)
        held = {name: text for name, text in self.sources.items() if name != file}
        self.sources = {**held, f"s-{file}": self.sources[file]}

    def _remove(self) -> None:
        file = self.random.choice([*self.sources])
        if len(self.sources) > 6:
            self.sources = {name: text for name, text in self.sources.items() if name != file}

    def _policy(self) -> None:
        defaults = {"agent_defaults": {"permissions": self.maker.accepted("d")["permissions"]}}
        policy = {"security_policy": {"version": "1.0", **defaults}}
        self.sources = {**self.sources, "policy.yaml": json.dumps(policy).encode()}

    def _bindings(self) -> None:
        bound = {f"s{self.random.randint(0, 10)}": [f"alone{self.random.randint(0, 9)}"]}
        self.sources = {**self.sources, "bindings.yaml": json.dumps({"bindings": bound}).encode()}

    def _fleet(self) -> None:
        line = {"agent": f"many{self.random.randint(0, 9)}", "spec": "s1"}
        self.sources = {**self.sources, "fleet.jsonl": json.dumps(line).encode()}

    def _damage(self) -> None:
        """Something odd in a file; the next edit of the file takes it away again."""
        file = self._spec()
        odd = self.random.choice(HOSTILE)
        self.sources = {**self.sources, file: self.sources[file] + f"\0{odd}".encode()}

    def _join(self) -> None:
        """A second spec in a file."""
        file = self._spec()
        other = json.dumps(self.maker.accepted(f"t{self.random.randint(0, 9)}")).encode()
        self.sources = {**self.sources, file: self.sources[file] + b"\n---\n" + other}

    def _comment(self) -> None:
        file = self._spec()
        self.sources = {
            **self.sources,
            file: b"# moved\n" + self.sources[file].lstrip(b"# moved\n"),
        }


@pytest.mark.parametrize("hostile", [False, True], ids=["friendly", "hostile"])
def test_any_edit_gives_the_same_bytes(
    seed: int, effort: int, compared: Callable[[int], None], hostile: bool
) -> None:
    ended: Counter[bool] = Counter()
    made: Counter[str] = Counter()
    for place in range(WORLDS * effort):
        rng = random.Random(f"{seed}/{place}/{hostile}")
        maker = Maker(rng, hostile=hostile)
        editor = Editor(maker, maker.world().sources)
        store = MemoryStore()
        for number in range(EDITS):
            form = FORMS[number % 5 == 4]
            found, wanted = kept(editor.sources, store, form), whole(editor.sources, form)
            assert found == wanted, f"edit {number} of world {place} of WILK_SEED={seed}"
            refused = wanted[0] == "refused"
            ended[refused] += 1
            editor.edit(refused=refused)
        made += editor.made
    assert set(ended) == {False, True}
    assert len(made) == 11
    compared(sum(ended.values()))
