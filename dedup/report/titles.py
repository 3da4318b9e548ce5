"""What to show for a headline that is a page's furniture: the words its text opens with."""

from __future__ import annotations

import re
import textwrap
from dataclasses import replace

from dedup.models import CleanArticle, Member, Result, Story

__all__ = ["opening", "title_of", "titled"]

SHOWN = 80
"""Characters of an opening that stands for a headline."""

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_FURNITURE = re.compile(
    r"(?ix) \W* (?:"
    r" print (?:\s this)? (?:\s (?:article|page|story))? | e-?mail (?:\s this)? (?:\s (?:article|page|story))?"
    r" | share | tweet | (?:share|follow\s us|like\s us|join\s us) \s (?:on|via|by) \s [\w+]+ | share \s this"
    r" (?:\s (?:article|page|story|post))? | menu | search | home | subscribe (?:\s now)? | sign \s (?:in|up)"
    r" | log \s? in | register | advertisements? | read \s more | comments? | skip \s to \s (?:main\s)? content"
    rf" | (?:(?:mon|tues|wednes|thurs|fri|satur|sun)day ,? \s)? (?:{_MONTH} \s \d{{1,2}} | \d{{1,2}}\.? \s {_MONTH})"
    r" ,? \s \d{4} (?: ,? \s (?:at\s)? \d{1,2} [:.] \d{2} .{0,12})?"
    r" | \d{1,4} [-/.] \d{1,2} [-/.] \d{1,4} (?: ,? \s \d{1,2} [:.] \d{2} .{0,12})?"
    r") \W*"
)
"""A line of buttons or a bare date, whole."""


def title_of(item: CleanArticle) -> str | None:
    """The headline to show for an article: its own, or the opening of its text where that is furniture."""
    return item.headline if not _furniture(item.headline) else opening(item) or item.headline


def opening(item: CleanArticle) -> str:
    """The first words of an article's text; "" where it has none."""
    spans = item.body_spans
    return textwrap.shorten(item.text[slice(*spans[0])], SHOWN, placeholder=" ...") if spans else ""


def titled(result: Result) -> Result:
    """The same result for the eye: furniture in place of a headline gives way to the opening of the article's text."""
    return replace(result, stories=tuple(_story(story, result) for story in result.stories))


def _furniture(headline: str | None) -> bool:
    return headline is not None and _FURNITURE.fullmatch(headline) is not None


def _story(story: Story, result: Result) -> Story:
    members = [_member(member, result) for member in story.articles]
    if members == list(story.articles):
        return story
    shown = {member.id: member for member in members}
    groups = [replace(group, articles=tuple(shown.get(m.id, m) for m in group.articles)) for group in story.groups]
    named = next((shown[m.id].headline for m in story.articles if m.headline == story.headline), None)
    return replace(story, headline=named or story.headline, articles=tuple(members), groups=tuple(groups))


def _member(member: Member, result: Result) -> Member:
    article = result.articles.get(member.id)
    if article is None or not _furniture(member.headline):
        return member
    return replace(member, headline=opening(article) or member.headline)
