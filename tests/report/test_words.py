"""Counts, shares and times in words."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from dedup.models import has_clock
from dedup.report.words import count, delay, listing, moment, percent, period, span

NOON = datetime(2018, 7, 15, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "noun", "want"),
    [
        (1, "article", "1 article"),
        (1204, "article", "1,204 articles"),
        (2, "story", "2 stories"),
        (0, "copy", "0 copies"),
    ],
)
def test_counts(number: int, noun: str, want: str) -> None:
    assert count(number, noun) == want


@pytest.mark.parametrize(
    ("share", "want"),
    [(0, "0%"), (0.004, "under 1%"), (0.5, "50%"), (0.996, "99%"), (0.9999, "100%"), (1.0, "100%")],
)
def test_shares_are_never_nothing_for_something_nor_all_for_less(share: float, want: str) -> None:
    assert percent(share) == want


def test_times_are_shown_in_utc_and_midnight_as_a_date() -> None:
    assert moment(NOON.astimezone(timezone(timedelta(hours=-4)))) == "15 Jul 2018, 12:00 UTC"
    assert moment(datetime(2018, 7, 15, tzinfo=UTC)) == "15 Jul 2018"
    assert moment(None) == "time unknown"


def test_midnight_of_its_own_offset_or_of_utc_is_no_time_of_day() -> None:
    east = timezone(timedelta(hours=9))
    assert has_clock(NOON)
    assert not has_clock(datetime(2018, 7, 15, tzinfo=UTC))
    assert not has_clock(datetime(2018, 7, 15, tzinfo=east))
    assert not has_clock(datetime(2018, 7, 15, 9, tzinfo=east))


def test_spans_and_delays() -> None:
    assert period(NOON, NOON + timedelta(hours=3)) == "15 Jul 2018, 12:00–15:00 UTC"
    assert period(NOON, NOON + timedelta(days=1)) == "between 15 Jul 2018, 12:00 UTC and 16 Jul 2018, 12:00 UTC"
    assert span(NOON, NOON + timedelta(minutes=45)) == "over 45 minutes"
    assert span(NOON, NOON + timedelta(hours=30)) == "over 30 hours"
    assert span(NOON, NOON + timedelta(days=9)) == "over 9 days"
    assert span(None, NOON) == ""
    assert delay(NOON, NOON + timedelta(hours=2, minutes=14)) == "+2 h 14 min"
    assert delay(NOON, NOON + timedelta(hours=2)) == "+2 h"
    assert delay(NOON, NOON) == delay(NOON, None) == ""


def test_lists() -> None:
    assert [listing([]), listing("a"), listing("ab"), listing("abc")] == ["", "a", "a and b", "a, b and c"]
