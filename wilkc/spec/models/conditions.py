"""The `when` of entries: tests of what a request shows. Layer: spec. LANGUAGE.md section 12."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

from pydantic import (
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails

from wilkc.language.instants import EARLIEST, LATEST
from wilkc.language.when import (
    AGENT,
    ATTRIBUTE_PATTERN,
    DAY,
    DAYS,
    JUDGED,
    ROLES,
    TIME,
    Networks,
    OneOf,
    Present,
    Range,
    Stretch,
    When,
    Window,
    attribute_problem,
    edge_instants,
)
from wilkc.spec.models.base import SOMETHING, Section, Size, refusal
from wilkc.spec.models.values import (
    Blocks,
    Clocks,
    DayRanges,
    Instant,
    Presence,
    Values,
    Zone,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.language.when import Test

_SUBJECT: Final = "subject."


class ExceptTest(Section):
    """A value that is none of some.

    Attributes:
        excluded: what the value must not be, e.g. `[prod]`
    """

    excluded: Values = Field(alias="not")

    @model_validator(mode="after")
    def _can_hold(self) -> ExceptTest:
        if set(self.excluded) == {True, False} and isinstance(self.excluded[0], bool):
            raise refusal("W115", "no truth value is neither", "leave one of the two out")
        return self

    def tests(self, attribute: str) -> Iterator[Test]:
        """The test as it is judged."""
        yield OneOf(self.excluded, negated=True, listed=_listed(attribute))


class RangeTest(Section):
    """A whole number or a size within bounds.

    Attributes:
        min: the least, e.g. `1`
        max: the most, e.g. `1MB`
    """

    min: Size | None = None
    max: Size | None = None

    @model_validator(mode="after")
    def _can_hold(self) -> RangeTest:
        if self.min is None and self.max is None:
            raise refusal("W115", "a test of nothing always holds", "write `min`, `max` or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise refusal(
                "W115",
                "no number is both `min` or more and `max` or less",
                "write a `max` that is not less than `min`",
            )
        return self

    def tests(self, _: str) -> Iterator[Test]:
        """The test as it is judged."""
        yield Range(self.min, self.max)


class AddressTest(Section):
    """An internet address in one of some blocks.

    Attributes:
        cidr: addresses and blocks, e.g. `['10.0.0.0/8', '2001:db8::/32']`
    """

    cidr: Blocks

    def tests(self, _: str) -> Iterator[Test]:
        """The test as it is judged."""
        blocks = tuple(map(ipaddress.ip_network, self.cidr))
        merged = [
            str(one)
            for version in (4, 6)
            for one in ipaddress.collapse_addresses(
                cast("Any", [block for block in blocks if block.version == version])
            )
        ]
        yield Networks(tuple(sorted(merged)))


class PresentTest(Section):
    """A value, whatever it is.

    Attributes:
        present: that there is one, e.g. `true`
    """

    present: Presence

    def tests(self, _: str) -> Iterator[Test]:
        """The test as it is judged."""
        yield Present()


class TimeTest(Section):
    """The times at which an entry holds.

    Attributes:
        min: first instant at which it holds, e.g. `'2026-11-28T12:00:00Z'`
        max: first instant at which it holds no more, e.g. `'2026-11-29T12:00:00Z'`
        between: the time of day from which it holds and that at which it ends; it ends on the next
            day if that is not later, e.g. `['09:00', '17:00']`
        tz: the time zone whose clocks and days count, e.g. `Europe/Berlin`
        days: the days on which such times begin, all if left out, e.g. `[mon-fri]`
    """

    min: Instant | None = None
    max: Instant | None = None
    between: Clocks | None = None
    tz: Zone | None = None
    days: DayRanges | None = None

    @model_validator(mode="after")
    def _can_hold(self) -> TimeTest:
        if self.min is None and self.max is None and self.between is None:
            if self.tz is not None or self.days is not None:
                raise refusal("W102", "`between` is missing", "add `between:` here")
            raise refusal(
                "W115", "a test of nothing always holds", "write `min`, `max`, `between` or some"
            )
        stretch = self._stretch()
        if stretch.start >= stretch.end:
            raise refusal(
                "W115",
                "no time is both from `min` on and before `max`",
                "write a `max` that is later than `min`, and than the beginning of 1970",
            )
        self._check_window()
        return self

    def _check_window(self) -> None:
        window = self._window()
        if self.between is None:
            if self.tz is not None or self.days is not None:
                raise refusal("W102", "`between` is missing", "add `between:` here")
            return
        if window is None:
            raise refusal("W102", "`tz` is missing", "add `tz:` here, `tz: UTC` if that is meant")
        if window.start in {window.end, DAY}:
            raise refusal(
                "W115", "the times of day are no window", "write two times that are not the same"
            )
        stretch = self._stretch()
        if not any(
            window.holds(one) and stretch.holds(one) for one in edge_instants((window, stretch))
        ):
            raise refusal(
                "W115",
                "no time from `min` on and before `max` lies in the window",
                "write bounds that are further apart, or another window",
            )

    def _window(self) -> Window | None:
        if self.between is None or self.tz is None:
            return None
        start, end = cast("tuple[int, int]", self.between)
        days = cast("tuple[tuple[int, ...], ...]", self.days or (tuple(range(len(DAYS))),))
        return Window(start, end, self.tz, tuple(sorted({day for one in days for day in one})))

    def _stretch(self) -> Stretch:
        return Stretch(self.min or EARLIEST, self.max or LATEST)

    def tests(self, _: str) -> Iterator[Test]:
        """The tests as they are judged."""
        window = self._window()
        if self.min is not None or self.max is not None or window is None:
            yield self._stretch()
        if window is not None:
            yield window


def _listed(attribute: str) -> bool:
    """Whether values may be lists: what somebody is called, or belongs to."""
    return attribute.startswith(_SUBJECT) and attribute != AGENT


def _kind(value: Any) -> str:
    """Which of the tests a value is; what is none is refused as a list of values."""
    if isinstance(value, Section):
        value = value.model_dump(by_alias=True, exclude_unset=True)
    if not isinstance(value, dict):
        return "values"
    return next((name for name in ("not", "cidr", "present") if name in value), "range")


def _time_kind(value: Any) -> str:
    return "present" if _kind(value) == "present" else "time"


_VALUES = Annotated[Values, Tag("values")]
_EXCEPT = Annotated[ExceptTest, Tag("not")]
_PRESENT = Annotated[PresentTest, Tag("present")]
AgentTest = Annotated[
    _VALUES | _EXCEPT, Discriminator(lambda value: "not" if isinstance(value, dict) else "values")
]
RolesTest = Annotated[
    _VALUES | _EXCEPT | _PRESENT,
    Discriminator(lambda value: "not" if _kind(value) in {"range", "cidr"} else _kind(value)),
]
AnyTimeTest = Annotated[Annotated[TimeTest, Tag("time")] | _PRESENT, Discriminator(_time_kind)]
AttributeTest = Annotated[
    _VALUES
    | _EXCEPT
    | _PRESENT
    | Annotated[RangeTest, Tag("range")]
    | Annotated[AddressTest, Tag("cidr")],
    Discriminator(_kind),
]


_NAMES: dict[str, Any] = {
    **SOMETHING,
    "propertyNames": {
        "anyOf": [{"enum": [AGENT, ROLES, TIME]}, {"pattern": ATTRIBUTE_PATTERN}],
        "not": {"enum": sorted(JUDGED)},
    },
}
"""What editors are told of the names of attributes."""


class Condition(Section):
    """What a request must show for an entry to hold; every test must.

    Other keys are `subject.properties.NAME`, `resource.NAME` and `context.NAME`.

    Attributes:
        subject_id: the asking agent, e.g. `[deployer]`
        subject_roles: what bindings call it, one of these, e.g. `[release]`
        context_time: when the request is made, as the enforcement point says,
            e.g. `{max: '2026-11-28T12:00:00Z'}`
    """

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra=_NAMES,
    )
    __pydantic_extra__: dict[str, AttributeTest] = Field(init=False)

    subject_id: AgentTest | None = Field(default=None, alias=AGENT)
    subject_roles: RolesTest | None = Field(default=None, alias=ROLES)
    context_time: AnyTimeTest | None = Field(default=None, alias=TIME)

    @model_validator(mode="before")
    @classmethod
    def _attributes(cls, data: Any) -> Any:
        wrong = (
            [one for one in data if attribute_problem(str(one))] if isinstance(data, dict) else []
        )
        if wrong:
            lines = [
                InitErrorDetails(type="extra_forbidden", loc=(one,), input=None) for one in wrong
            ]
            raise ValidationError.from_exception_data("when", lines)
        return data

    @model_validator(mode="after")
    def _tests_something(self) -> Condition:
        if not self._given():
            raise refusal("W102", "an attribute is missing", "add a test such as `context.time:`")
        return self

    def _given(self) -> dict[str, Any]:
        own = {AGENT: self.subject_id, ROLES: self.subject_roles, TIME: self.context_time}
        held = {**own, **(self.__pydantic_extra__ or {})}
        return {name: test for name, test in held.items() if test is not None}

    def lowered(self) -> When:
        """The condition as it is judged."""
        return When.of(
            (name, test) for name, held in self._given().items() for test in _tests(name, held)
        )


def _tests(attribute: str, held: Any) -> Iterator[Test]:
    if isinstance(held, tuple):
        yield OneOf(held, listed=_listed(attribute))
    else:
        yield from held.tests(attribute)
