"""What is said of a pair: who holds how much of whom, and which of the two may have the text from the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dedup.models import CLOSE, CleanArticle, Credit, Fact, Group, Match, Member, Passage, has_clock
from dedup.report.words import length, listing, names, percent, source

__all__ = [
    "Held",
    "Party",
    "Texts",
    "beyond",
    "direction",
    "held",
    "likely",
    "own_sites",
    "party",
    "sentence",
    "turned",
    "why_told",
]

Held = tuple[float, float]
"""Share of the first text that stands word for word in the second, and of the second in the first, 0..1."""

Texts = tuple[CleanArticle, CleanArticle]
"""The two articles of a match, in its order."""

APART = 0.1
"""Difference of the two shares from which one text is the piece and the other the whole."""

SMALL = 0.15
"""Share of the whole below which its piece is no cut of it, but one part among others, as in a round-up."""

LONGER = 0.05
"""The same for copies, whose texts are alike but for a paragraph."""

SURE = 0.8
"""Probability of a rewrite from which it is not called perhaps one."""

MOST = 0.6
"""Share of the piece that stands word for word, under which it is said what the rest is: edits count as shared, and
the piece may have half of its text for itself."""

DETAILS = 0.94
"""Share of both texts from which the differences are called details."""

OPENS = 0.8
"""Share of the whole up to the end of its last shared passage from which its piece is called its beginning."""

NEARLY_ALL = 0.995
"""Share from which a text is called the same: a closing full stop is no difference."""

EVENT = 0.5
"""Probability of one event from which a pair that is only related has a page for one of its two."""

NO_TEXT, TOO_SHORT, ONE_SHORT = "no_text", "short", "one_short"
PAGES = ("page", "pages")
"""Codes of facts that say why a pair could not be compared as two articles (docs/relations.md)."""
OF_ONE = (NO_TEXT, ONE_SHORT, PAGES[0])
"""Those that are about one of the two, by its id."""

SAID = ("equal", "held", NO_TEXT, TOO_SHORT, ONE_SHORT)
"""Codes of what ``sentence`` always says."""

MARKED_IN = 200
"""Characters of a text's beginning in which it may be marked as a correction."""

_CORRECTED = re.compile(
    r"\W{0,3}(?i:correction|clarification|corrected|berichtigung|korrektur|rectificatif|correcci[óo]n|rettifica"
    r"|corre[çc][ãa]o|rectificatie)(?:\s*:|\s+[-–—]\s)"
    r"|\W{0,3}CORRECT(?:ED|ION)[-–—(]|\W{0,3}CORRECTED\s"
)
_CORRECTS = re.compile(r"[(\[](?i:corrects|corrected|correcting)\s")


@dataclass(frozen=True, slots=True)
class Party:
    """One of two articles: what to call it, the agencies it credits, those that are its own outlet, its time, and where
    it was published."""

    name: str
    credits: tuple[str, ...] = ()
    own: frozenset[str] = frozenset()
    published: datetime | None = None
    outlet: str = ""

    @classmethod
    def of(cls, name: str, credits: Iterable[Credit], own: Iterable[str], at: tuple[datetime | None, str]) -> Party:
        """A party from an article's credits, and when and where it was published."""
        mine = frozenset(own)
        return cls(name, tuple(agency for agency in names(credits) if agency not in mine), mine, *at)


def party(name: str, member: Member, group: Group | None, own: Iterable[str] = ()) -> Party:
    """A party from a member of a result: one that supplied its group's text without naming an agency is its agency.
    ``own`` are agencies known otherwise to be its outlet."""
    supplied = group is not None and len(group.credits) == 1 and member.credited and not member.credits
    given = [credit.agency for credit in group.credits] if group is not None and supplied else []
    return Party.of(name, member.credits, {*given, *own}, (member.published, source(member)))


def own_sites(match: Match, a: Iterable[Credit], b: Iterable[Credit]) -> tuple[frozenset[str], frozenset[str]]:
    """The agencies that are the outlets of a match's two articles, as far as its facts and their credits tell: of two
    of which one stands on an agency's own site, it is the one that does not credit it."""
    sites: tuple[set[str], set[str]] = (set(), set())
    credited = set(names(a)), set(names(b))
    for fact in match.facts:
        if fact.code == "sites":
            sites[0].update(fact.about)
            sites[1].update(fact.about)
        elif fact.code == "site":
            crediting = [not named.isdisjoint(fact.about) for named in credited]
            if crediting[0] != crediting[1]:
                sites[int(crediting[0])].update(fact.about)
    return frozenset(sites[0]), frozenset(sites[1])


def held(match: Match, a: CleanArticle, b: CleanArticle) -> Held:
    """The share of each body's letters and digits inside the match's passages: what a reader sees marked."""
    spans = [(p.a_start, p.a_end) for p in match.passages], [(p.b_start, p.b_end) for p in match.passages]
    return _covered(a, spans[0]), _covered(b, spans[1])


def _covered(item: CleanArticle, spans: Sequence[tuple[int, int]]) -> float:
    body, marks = item.body_spans, sorted(spans)
    whole = sum(_letters(item.text, start, end) for start, end in body)
    marked, at, line = 0, 0, 0
    for start, end in marks:
        start = max(start, at)
        while line < len(body) and body[line][1] <= start:
            line += 1
        for low, high in body[line:]:
            if low >= end:
                break
            marked += _letters(item.text, max(start, low), min(end, high))
        at = max(at, end)
    return marked / whole if whole else 0.0


def _letters(text: str, start: int, end: int) -> int:
    return sum(map(str.isalnum, text[start:end]))


def sentence(match: Match, shares: Held, a: str = "A", b: str = "B", texts: Texts | None = None) -> str:
    """What the relation says of these two, with who holds how much of whom. ``texts`` tell where in the whole a piece
    stands, and which of the two has no text."""
    said = _derived(match, shares, a, b, texts) if match.derived else _apart(match, a, b, texts)
    if match.derived and texts is not None:
        said += _corrections(a, b, texts)
    return _opened(said)


def _derived(match: Match, shares: Held, a: str, b: str, texts: Texts | None) -> str:
    one, other = (percent(round(share, 3)) for share in shares)
    each = f"{one} of {a} stands word for word in {b}, and {other} of {b} in {a}"
    if match.relation == "copy":
        if any(fact.code == "equal" for fact in match.facts):
            return "The same text, word for word."
        return _copy(shares, a, b) or f"The same text{_altered(shares)}: {each}."
    if match.relation == "excerpt":
        both = f"Most of each stands in the other, beside text that only one has: {each}."
        return _cut(match, shares, a, b, texts) or both
    if match.relation == "partial":
        return f"They share a part: {each}."
    return _reworded(match, shares, a, b)


def _corrections(a: str, b: str, texts: Texts) -> str:
    """Which of the two is marked as a correction."""
    marked = [name for name, item in zip((a, b), texts, strict=True) if _corrects(item)]
    if len(marked) == 2:
        return " Both are marked as corrections."
    return f" {_opened(marked[0])} is marked as a correction." if marked else ""


def _corrects(item: CleanArticle) -> bool:
    """Whether a headline or the opening of a text marks it as a correction."""
    start = item.body_spans[0][0] if item.body_spans else 0
    opening = item.text[start : start + MARKED_IN]
    places = (item.headline or item.article.title or "", opening)
    return any(_CORRECTED.match(place) or _CORRECTS.search(place) for place in places)


def _apart(match: Match, a: str, b: str, texts: Texts | None) -> str:
    """What is said of two of which none has text of the other: first, whether they could be compared."""
    codes = _codes(match)
    if NO_TEXT in codes or TOO_SHORT in codes:
        return _not_compared(match, a, b, texts)
    if match.relation == "same_story":
        if ONE_SHORT in codes:
            short = _one(match, ONE_SHORT, a, b)
            return f"Both tell one event, but {short} is too short to say whether text was taken."
        words = sum(passage.words for passage in match.passages)
        return f"Two reports of one event, each in its own words{f' but for {words:,} of them' if words else ''}."
    if "pages" in codes:
        return "Neither of the two pages holds an article."
    if match.relation == "related" and match.same_story_score >= EVENT:
        page = _one(match, PAGES[0], a, b)
        if page not in (a, b):
            return "One of the two is no article, but a page that names the event of the other."
        return f"{page} is no article, but a page that names the event of {b if page == a else a}."
    related = match.relation == "related"
    said = (
        "The same subject, but not enough in common to call it one event" if related else "They have little in common"
    )
    if PAGES[0] in codes:
        return f"{said}; the page of {_one(match, PAGES[0], a, b)} holds no article."
    return f"{said}."


def _one(match: Match, code: str, a: str, b: str) -> str:
    """Which of the two a fact is about; of a match kept before facts said so it is not known."""
    about = next((fact.about for fact in match.facts if fact.code == code), ())
    ids = {match.a: a, match.b: b}
    return ids[about[0]] if len(ids) == 2 and about and about[0] in ids else "one of the two"


def why_told(match: Match, a: str, b: str) -> tuple[str, ...]:
    """The first reasons of two reports of one event; an article that one is about is called by its name."""
    facts = match.facts or (Fact(""),) * len(match.reasons)
    first = list(zip(match.reasons, facts, strict=True))[:2]
    return tuple(_called(reason, fact, _one(match, fact.code, a, b)) for reason, fact in first)


def _called(reason: str, fact: Fact, name: str) -> str:
    if fact.code not in OF_ONE or not fact.about:
        return reason
    page = "this page" if name.startswith("this ") else f"the page of {name}"
    return reason.replace(f"the page “{fact.about[0]}”", page).replace(f"“{fact.about[0]}”", name)


def _codes(match: Match) -> set[str]:
    return {fact.code for fact in match.facts}


def _not_compared(match: Match, a: str, b: str, texts: Texts | None) -> str:
    """Why the two could not be compared, with the name of the one that has no text."""
    bare = [name for name, item in zip((a, b), texts or (), strict=False) if not item.body_spans]
    if NO_TEXT in _codes(match) and len(bare) == 1:
        what = "nothing" if match.relation == "unrelated" else "only headlines"
        return f"No article text was found in {bare[0]}, so {what} could be compared."
    told = zip(match.reasons, match.facts, strict=True)
    reason, fact = next(item for item in told if item[1].code in (NO_TEXT, TOO_SHORT))
    return _capital(_called(reason, fact, _one(match, NO_TEXT, a, b))) + "."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _opened(text: str) -> str:
    """A sentence with a capital, unless it opens with a name, which is spelled as it is."""
    return _capital(text) if text.startswith(("the ", "this ")) else text


def likely(match: Match) -> str:
    """How likely text was taken and both tell one event; what could not be compared has no such likelihood."""
    taken, event = f"text taken: {percent(match.score)} likely", f"same event: {percent(match.same_story_score)} likely"
    untold = not _codes(match).isdisjoint((NO_TEXT, TOO_SHORT, ONE_SHORT))
    page = match.relation == "related" and match.same_story_score >= EVENT
    return "; ".join([*([] if untold and not match.derived else [taken]), *([] if page else [event])])


def _reworded(match: Match, shares: Held, a: str, b: str) -> str:
    perhaps = "Looks like" if match.score >= SURE else "Perhaps"
    one, other = (percent(round(share, 3)) for share in shares)
    little = f"word for word only {one} of {a} in {b}, and {other} of {b} in {a}"
    if max(shares) == 0.0:
        little = "no passage is shared"
    return f"{perhaps} one text told in other words: the same things, but {little}."


def beyond(match: Match, said: str = "") -> list[str]:
    """The reasons that say more than what is ``said`` by ``sentence`` and ``direction``, which give shares by name. Of
    a match kept without facts, all."""
    facts = match.facts or (Fact(""),) * len(match.reasons)
    return [
        reason
        for reason, fact in zip(match.reasons, facts, strict=True)
        if fact.code not in SAID and not _repeats(fact, said)
    ]


def _repeats(fact: Fact, said: str) -> bool:
    """Whether the agencies or the page of a fact are named by what is said."""
    if fact.code == "credit":
        return ("Both credit " in said or "distributed by " in said) and all(agency in said for agency in fact.about)
    if fact.code == "site":
        return all(f" is {agency}." in said for agency in fact.about)
    return fact.code in PAGES and " page" in said


def _altered(shares: Held) -> str:
    return " but for details" if min(shares) >= DETAILS else ", edited"


def _copy(shares: Held, a: str, b: str) -> str:
    """A copy that is the same but for words a reader has to look at, or lacks a part that the other has."""
    if min(shares) >= NEARLY_ALL:
        return "The same text but for details."
    if abs(shares[0] - shares[1]) < LONGER:
        return ""
    piece, whole, stands = _pieces(shares, a, b)
    return f"The same text, but {whole} has more of it than {piece}: {stands}."


def _cut(match: Match, shares: Held, a: str, b: str, texts: Texts | None) -> str:
    """Which text is the piece, and which the whole that holds it; "" where neither is."""
    if abs(shares[0] - shares[1]) < APART:
        return ""
    piece, whole, stands = _pieces(shares, a, b)
    if min(shares) < SMALL:
        part = "the beginning" if texts is not None and _opens(match, shares, texts) else "a small part"
        return f"{piece} is {part} of {whole}: {stands}."
    edited = "" if max(shares) >= MOST else "; the rest was edited, or is its own"
    return f"{piece} is a cut of {whole}, or {whole} was expanded from it: {stands}{edited}."


def _opens(match: Match, shares: Held, texts: Texts) -> bool:
    """Whether the piece is what the whole begins with: little of it up to the last shared passage is not shared."""
    first = shares[0] < shares[1]
    whole = texts[0 if first else 1]
    end = max((p.a_end if first else p.b_end for p in match.passages), default=0)
    before = sum(_letters(whole.text, start, min(stop, end)) for start, stop in whole.body_spans if start < end)
    every = sum(_letters(whole.text, *span) for span in whole.body_spans)
    return before > 0 and min(shares) * every >= OPENS * before


def _pieces(shares: Held, a: str, b: str) -> tuple[str, str, str]:
    """The piece, the whole, and how much of the one stands in the other."""
    piece, whole = (a, b) if shares[0] > shares[1] else (b, a)
    most, least = (percent(round(share, 3)) for share in sorted(shares, reverse=True))
    return piece, whole, f"{most} of {piece} stands word for word in {whole}, and makes {least} of it"


def turned(match: Match) -> Match:
    """The same match seen from the other article."""
    passages = (Passage(p.b_start, p.b_end, p.a_start, p.a_end, p.words) for p in match.passages)
    share, other = match.containment
    return replace(match, a=match.b, b=match.a, containment=(other, share), passages=tuple(sorted(passages)))


def direction(match: Match, shares: Held, a: Party, b: Party, *, release: bool = False) -> str:
    """Who may have the shared text from whom, and what says so; "" where no text was taken. Of a rewrite or a part no
    more than "may" is said. ``release``: the supplier both name distributes press releases."""
    if not match.derived:
        return ""
    return _opened(_direction(match, shares, a, b, release))


def _direction(match: Match, shares: Held, a: Party, b: Party, release: bool) -> str:
    sure = match.relation in ("copy", "excerpt")
    for one, other in ((a, b), (b, a)):
        owed = sorted((one.own - other.own) & set(other.credits))
        if owed:
            has = "has" if sure else "may have"
            return f"{other.name} {has} it from {one.name}: it credits {owed[0]}, and {one.name} is {owed[0]}."
    common = [agency for agency in a.credits if agency in b.credits]
    if common and release:
        carry = "Both carry" if sure else "Both may draw on"
        return f"{carry} a press release distributed by {listing(common)}; its origin is the company that issued it."
    if common:
        have = "probably" if sure else "may"
        return f"Both credit {listing(common)} and {have} have it from there; {_carried_first(a, b)}."
    if a.outlet and a.outlet == b.outlet:
        return f"Both are from {a.outlet}: an update, or one text used twice; {_carried_first(a, b)}."
    if a.credits and b.credits:
        said = f"{a.name} credits {listing(a.credits)} and {b.name} {listing(b.credits)}"
        return f"The texts do not say who took it from whom: {said}."
    return _without_common(shares, a, b, sure and min(shares) >= SMALL)


def _without_common(shares: Held, a: Party, b: Party, sure: bool) -> str:
    """By the clocks and the fuller text, where they point one way; a supplier that one names comes first."""
    first, lead = _first(a, b)
    fuller = _fuller(shares, a, b)
    supplier = listing(a.credits or b.credits)
    source = f"both from {supplier}, which {(a if a.credits else b).name} credits" if supplier else ""
    untold = _untold(lead, fuller, first)
    if first is None or untold:
        return f"The texts do not say who took it from whom: {untold}." + (f" Perhaps {source}." if source else "")
    later = b if first is a else a
    why = f"{first.name} published it {lead} earlier{', and is the fuller text' if fuller is first else ''}"
    if source:
        have = "probably have" if sure else "may have"
        return f"{source.replace('both', f'Both {have} it', 1)}, or {later.name} from {first.name}: {why}."
    took = "probably took" if sure else "may have taken"
    return f"{later.name} {took} the shared text from {first.name}, or both from one source: {why}."


def _untold(lead: str, fuller: Party | None, first: Party | None) -> str:
    """Why the clocks and the fuller text do not tell; "" where they point one way."""
    if first is None:
        return f"{fuller.name} is the fuller text, but {lead}" if fuller else lead
    if fuller is None or fuller is first:
        return ""
    return f"{first.name} published it {lead} earlier, but {fuller.name} is the fuller text"


def _first(a: Party, b: Party) -> tuple[Party | None, str]:
    """The earlier one and its lead, or None and why the times do not tell."""
    if a.published is None or b.published is None:
        timed = next((party for party in (a, b) if party.published), None)
        return None, f"only {timed.name} has a time of publication" if timed else "neither has a time of publication"
    first = a if a.published <= b.published else b
    gap = abs(a.published - b.published)
    if not (has_clock(a.published) and has_clock(b.published)) and gap < timedelta(days=1):
        return None, "their dates do not tell hours apart"
    if gap < CLOSE:
        return None, "they were published within minutes of each other"
    return first, length(gap)


def _carried_first(a: Party, b: Party) -> str:
    first, lead = _first(a, b)
    return (
        f"which carried it first cannot be told: {lead}" if first is None else f"{first.name} carried it {lead} earlier"
    )


def _fuller(shares: Held, a: Party, b: Party) -> Party | None:
    """The text of which the other holds less: it has more of its own. A small part of a long text does not tell."""
    if abs(shares[0] - shares[1]) < APART or min(shares) < SMALL:
        return None
    return a if shares[0] < shares[1] else b
