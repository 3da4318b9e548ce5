"""What a caller of the library meets who gives it something else than it asks for."""

from datetime import datetime, timedelta, timezone

import pytest

import dedup


def test_what_is_no_article_is_refused_by_name() -> None:
    for call in (lambda: dedup.clean("some text"), lambda: dedup.compare("some text", "another")):  # type: ignore[arg-type]
        with pytest.raises(dedup.ArticleError, match=r"expected an Article, not str; make one"):
            call()


@pytest.mark.parametrize(
    "when", [datetime(2026, 1, 1), datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-12)))]
)
def test_an_article_refuses_a_time_that_is_none_in_utc(when: datetime) -> None:
    with pytest.raises(dedup.ArticleError, match=r"article 'a': published (has no time zone|is .*, which is no time)"):
        dedup.Article(id="a", text="x", published=when)
