"""What a caller of the library meets who gives it something else than it asks for."""

import pytest

import dedup


def test_what_is_no_article_is_refused_by_name() -> None:
    for call in (lambda: dedup.clean("some text"), lambda: dedup.compare("some text", "another")):  # type: ignore[arg-type]
        with pytest.raises(dedup.ArticleError, match=r"expected an Article, not str; make one"):
            call()
