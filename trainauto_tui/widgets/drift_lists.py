"""The lists of the Drift screen: drift files, scores per feature, policies."""

from collections.abc import Sequence
from typing import ClassVar

from trainauto_tui.documents import DriftReport, DriftSource, PolicyDocument
from trainauto_tui.drawing import amounts, drift, file_names, policies
from trainauto_tui.drawing.spans import Role, Span
from trainauto_tui.live.clock import Clock
from trainauto_tui.widgets.live_rows import WIDE, Cell, Column, LiveRows, Row

BAR = 4  # the column of a drift file's bar
PLACE, WIDE_PLACE = 12, 24  # cells of it
NAME_PART = 0.4  # of the width that a feature's name takes at most
NARROWEST_BAR = 4
FULL_WIDTH = 78  # of 80 columns, beside a scrollbar
ROOMY = 130  # columns that have room for long bars and reasons, too
LEAST_NAME = 8  # cells, before the list knows its width


class SourceRows(LiveRows):
    """One row per drift file; ``key`` is its path."""

    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("drift file", 48, sort="up"),
        Column("state", 9, sort="up"),
        Column("score", 6, right=True, sort="down"),
        Column("", 1),
        Column("", WIDE_PLACE, from_width=FULL_WIDTH),
        Column("age", 4, right=True, sort="down"),
        Column("policies", 24, from_width=FULL_WIDTH, sort="up"),
        Column("reason", None, from_width=ROOMY),
    )
    DEFAULT_CSS = "SourceRows { height: auto; min-height: 2; max-height: 30%; }"

    def show_sources(self, sources: Sequence[DriftSource], now: float, plain: bool) -> None:
        """Show the drift files, each with its last good score against the thresholds."""
        names = file_names.short([one["path"] for one in sources])
        top = drift.scale([one["last_good"]["drift_score"] for one in sources if one["last_good"]])
        wide = self.size.width >= ROOMY
        bar = (WIDE_PLACE if wide else PLACE, top)
        self._titles(drift.ruler(*bar) if sources else "")
        self.show_rows([_source(one, names, now, bar, wide, plain) for one in sources])

    def hidden(self) -> list[str]:
        """Name the bars, whose column is headed by their thresholds."""
        titles = super().hidden()
        return ["bars" if title == self.COLUMNS[BAR].title else title for title in titles]

    def _titles(self, ruler: str) -> None:
        """Write the thresholds above the bars."""
        columns = list(self.COLUMNS)
        columns[BAR] = columns[BAR]._replace(title=ruler)
        if tuple(columns) != self.COLUMNS:
            self.COLUMNS = tuple(columns)  # type: ignore[misc] # of this list
            self.refresh()


def _source(
    source: DriftSource,
    names: dict[str, str],
    now: float,
    bar: tuple[int, float],
    wide: bool,
    plain: bool,
) -> Row:
    last, path = source["last_good"], source["path"]
    score = last["drift_score"] if last else None
    at = amounts.seconds_of(last["at"]) if last else None
    many = len(source["policies"]) > 1 and not wide
    told = f"{len(source['policies'])} policies" if many else ", ".join(source["policies"])
    return Row(
        path,
        (
            (Span(names[path]),),
            drift.state(source).spans(plain),
            *_score(score, bar, plain),
            (Span(amounts.fresh_age(now - at) if at is not None else "", "muted"),),
            (Span(told, "muted"),),
            (Span(source["reason"] or "", "muted"),),
        ),
        {"score": score, "age": -at if at is not None else None, "drift file": names[path]},
    )


def _score(score: float | None, bar: tuple[int, float], plain: bool) -> tuple[Cell, Cell, Cell]:
    """Return a score as number, mark and bar."""
    if score is None:
        return (Span("-", "muted"),), (), ()
    look = drift.level(score)
    return (
        (Span(drift.written(score), look.role),),
        (Span(look.mark(plain), look.role),),
        drift.bar(score, *bar, plain),
    )


class FeatureRows(LiveRows):
    """The overall score and those of the features as bars; ``key`` is the feature's name."""

    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("feature", LEAST_NAME, sort="up"),
        Column("score", 6, right=True, sort="down"),
        Column("", 1),
        Column("", None),
    )

    def __init__(self, *, plain: bool, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._plain = plain
        self._report: DriftReport | None = None

    def show_report(self, report: DriftReport | None) -> None:
        """Show the scores of a report, the most affected feature first; None shows none."""
        self._report = report
        scores = [(drift.OVERALL, report["drift_score"]), *drift.ranked(report)] if report else []
        longest = max((len(name) for name, _ in scores), default=0)
        name = min(max(longest, len("feature")), int(self._total * NAME_PART))
        rest = self._total - 2 - name - 6 - 1 - 4 * self._gap
        bar = (max(rest, NARROWEST_BAR), drift.scale([score for _, score in scores]))
        self._lay_out(name, drift.ruler(*bar) if report else "")
        self.show_rows([self._row(feature, score, bar) for feature, score in scores])

    def on_resize(self) -> None:
        """Make the bars as long as there is room now."""
        super().on_resize()
        self.show_report(self._report)

    def watch_show_vertical_scrollbar(self, shown: bool) -> None:
        """Make the bars end beside the scrollbar."""
        super().watch_show_vertical_scrollbar(shown)
        self.show_report(self._report)

    def _lay_out(self, name: int, ruler: str) -> None:
        """Give names their room, and write the thresholds above the bars."""
        first, *between, last = self.COLUMNS
        columns = (first._replace(limit=name), *between, last._replace(title=ruler))
        if columns != self.COLUMNS:
            self.COLUMNS = columns  # type: ignore[misc] # of this list: its width is its own
            self.refresh()

    def _row(self, feature: str, score: float, bar: tuple[int, float]) -> Row:
        role: Role = "title" if feature == drift.OVERALL else "plain"
        cells = ((Span(feature, role),), *_score(score, bar, self._plain))
        return Row(feature, cells, {"score": score, "feature": feature})


class PolicyRows(LiveRows):
    """One row per policy; ``key`` is its name."""

    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("policy", 28, sort="up"),
        Column("state", 10, sort="up"),
        Column("streak", 6),
        Column("cooldown", 8, sort="down"),
        Column("if", 36, from_width=60),
        Column("runs", 20, from_width=WIDE),
        Column("last run", 16, from_width=120),
        Column("age", 4, right=True, from_width=120),
        Column("last verdict", None, from_width=70),
    )
    DEFAULT_CSS = "PolicyRows { height: auto; min-height: 2; max-height: 30%; }"

    def show_policies(
        self, known: Sequence[PolicyDocument], watching: Sequence[str], clock: Clock, plain: bool
    ) -> None:
        """Show the policies, first those that are ``watching`` the chosen drift file."""
        ordered = sorted(known, key=lambda one: one["name"] not in watching)
        self.show_rows([_policy(one, one["name"] in watching, clock, plain) for one in ordered])


def _policy(policy: PolicyDocument, watches: bool, clock: Clock, plain: bool) -> Row:
    now = clock.now()
    left = policies.cooldown(policy, now)
    ends = amounts.seconds_of(policy["cooldown_until"]) if left else None
    fired = amounts.seconds_of(policy["fired_at"])
    return Row(
        policy["name"],
        (
            (Span(policy["name"], "plain" if watches else "muted"),),
            policies.standing(policy, now).spans(plain),
            (Span(policies.streak(policy)),),
            (Span(left, "warn"),),
            (Span(policy["if"] or f"on {policy['on']}"),),
            (Span(policy["pipeline"]),),
            (Span(policy["fired_run_id"] or "", "muted"),),
            (Span(amounts.fresh_age(now - fired) if fired is not None else "", "muted"),),
            (Span(policies.verdict(policy, now, clock.zone), "muted"),),
        ),
        {"cooldown": ends},
    )
