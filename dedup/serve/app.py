"""The service: six routes over an open index. What it takes and gives is in ``shapes.py``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse

from dedup import __version__
from dedup.errors import ArticleError, DedupError
from dedup.index import Index
from dedup.report.records import match_record, story_record
from dedup.report.store import json_line
from dedup.report.verdicts import verdict_record
from dedup.serve.gather import Gathered
from dedup.serve.guard import OPEN_PATHS, Guard, Limits, Metrics
from dedup.serve.shapes import (
    ArticleIn,
    ErrorOut,
    HealthOut,
    MatchesOut,
    Moment,
    StoriesOut,
    StoryOut,
    VerdictOut,
    in_utc,
)
from dedup.serve.told import Told
from dedup.serve.wrong import wrong_parts

MOST_STORIES = 1000
PROMETHEUS = "text/plain; version=0.0.4"

NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"model": ErrorOut}}
REFUSED: dict[int | str, dict[str, Any]] = {code: {"model": ErrorOut} for code in (400, 401, 408, 413, 422, 503)}

_ERROR = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorOut"}}}
REFUSED_AS_JSON: dict[int | str, dict[str, Any]] = {code: {"content": _ERROR} for code in REFUSED}
"""For a route that answers in another type: FastAPI would say the errors are of that type too."""


def create_app(
    index: Index, token: str | None = None, limits: Limits | None = None, reader: Index | None = None
) -> Guard:
    """The ASGI application over an open index. With ``token`` every route but /health asks for it; ``reader`` is a
    second handle, open for reading only, that stories are told from while the first takes articles."""
    # The pages that FastAPI makes of the document would load programs from elsewhere; a redirect is not documented.
    without: dict[str, Any] = {"docs_url": None, "redoc_url": None, "redirect_slashes": False}
    api = FastAPI(title="news-dedup", version=__version__, responses=REFUSED, **without)
    metrics = Metrics()
    _add_errors(api)
    _add_articles(api, index, metrics)
    _add_stories(api, index, Told(index, reader))
    _add_state(api, index, metrics)
    if token is not None:
        _describe_token(api)
    return Guard(api, metrics, limits or Limits(), token)


def _describe_token(api: FastAPI) -> None:
    """Say in /openapi.json that the token is asked for, and where not."""
    document = api.openapi()  # kept by FastAPI, which serves this very object
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"token": []}]
    for path in OPEN_PATHS:
        document["paths"][path]["get"]["security"] = []


def _add_articles(api: FastAPI, index: Index, metrics: Metrics) -> None:
    gathered = Gathered(index)

    @api.post("/articles", response_model=VerdictOut, summary="Add an article; what it is")
    def add(article: ArticleIn) -> Response:
        """Answered once the article is committed. The same id with the same content gets the same answer again."""
        verdict = gathered.add(article.article())
        metrics.verdict(verdict.relation)
        return _json(verdict_record(verdict))

    @api.get("/articles/{article_id:path}/matches", response_model=MatchesOut, responses=NOT_FOUND)
    def matches(article_id: str) -> Response:
        """Every compared pair of an article that is at least related."""
        if index.verdict(article_id) is None:
            return _json({"detail": "there is no article of this id"}, 404)
        return _json({"id": article_id, "matches": [match_record(match) for match in index.matches(article_id)]})


def _add_stories(api: FastAPI, index: Index, told: Told) -> None:
    @api.get("/stories", response_model=StoriesOut)
    def stories(
        since: Annotated[Moment | None, Query(description="Only stories that changed since.")] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_STORIES)] = 100,
        offset: Annotated[int, Query(ge=0, le=1 << 31)] = 0,
    ) -> Response:
        """Stories, largest first, then by id."""
        total, found = told.page(offset, limit, in_utc(since))
        return _json({"total": total, "stories": [story_record(story) for story in found]})

    @api.get("/stories/{story_id}", response_model=StoryOut, responses=NOT_FOUND)
    def story(story_id: str) -> Response:
        """One story as told last."""
        found = index.story(story_id)
        return _json({"detail": "there is no story of this id"}, 404) if found is None else _json(story_record(found))


def _add_state(api: FastAPI, index: Index, metrics: Metrics) -> None:
    @api.get("/health", response_model=HealthOut)
    def health() -> Response:
        """Whether the service answers and its index can be read."""
        return _json({"status": "ok", "articles": len(index)})

    @api.get("/metrics", response_class=PlainTextResponse, responses=REFUSED_AS_JSON)
    def measures() -> PlainTextResponse:
        """Counts in the text format of Prometheus."""
        return PlainTextResponse(metrics.text(len(index), index.size()), media_type=PROMETHEUS)


def _add_errors(api: FastAPI) -> None:
    @api.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return _json({"detail": f"not as /openapi.json says: {wrong_parts(error.errors())}"}, 422)

    @api.exception_handler(DedupError)
    async def failed(request: Request, error: DedupError) -> Response:
        return _json({"detail": error.what}, 422 if isinstance(error, ArticleError) else 503)

    @api.middleware("http")
    async def no_traces(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        try:
            return await call_next(request)
        except (ArithmeticError, KeyError, RecursionError, TypeError, ValueError):
            return _json({"detail": "the request could not be answered"}, 400)


def _json(record: dict[str, Any], status: int = 200) -> Response:
    return Response(json_line(record), status, media_type="application/json")
