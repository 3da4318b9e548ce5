"""The short way: copies by exact overlap, held against all pairs compared one by one."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dedup
from dedup.copies import find_copies
from dedup.match.stars import star_centres
from dedup.models import Article, Rejection

WORDS = [f"word{number}" for number in range(4000)]


def prose(seed: int, words: int) -> str:
    rng = random.Random(seed)
    return " ".join(rng.choice(WORDS) for _ in range(words))


def feed() -> list[Article]:
    """Six texts; of each a cut, an edited version and, of two, an equal one; texts of their own, and short ones."""
    made = []
    for number in range(6):
        whole = prose(number, 300)
        edited = whole.split()
        for at in range(7, 300, 23):
            edited[at] = "changed"
        made += [
            Article(f"t{number}-whole", whole, outlet=f"outlet {number}"),
            Article(f"t{number}-cut", " ".join(whole.split()[:140])),
            Article(f"t{number}-edited", " ".join(edited)),
        ]
        if number < 2:
            made.append(Article(f"t{number}-equal", whole.upper()))
    made += [Article(f"own{number}", prose(100 + number, 200)) for number in range(6)]
    shorts = ("Too short to say", "too short, to say.", "Else")
    return [*made, *(Article(f"short{number}", text) for number, text in enumerate(shorts, 1))]


def shingles(text: str) -> set[tuple[str, ...]]:
    words = text.lower().split()
    return {tuple(words[at : at + 5]) for at in range(len(words) - 4)}


def members(copies: dedup.Copies) -> set[tuple[str, ...]]:
    return {tuple(item.id for item in group.articles) for group in copies.groups}


def test_groups_are_the_families_that_all_pairs_show() -> None:
    articles = feed()
    long = {item.id: shingles(item.text) for item in articles if len(item.text.split()) >= 20}
    families: dict[str, set[str]] = {}
    for name, own in long.items():
        for other, its in long.items():
            if name != other and len(own & its) >= 0.4 * min(len(own), len(its)):
                families.setdefault(name.split("-")[0], set()).update((name, other))
    expected = {tuple(sorted(names)) for names in families.values()} | {("short1", "short2")}
    assert members(find_copies(articles)) == expected
    assert len(expected) == 7


def test_every_member_holds_the_share_of_its_representative_that_is_said() -> None:
    articles = {item.id: item for item in feed()}
    for group in find_copies(articles.values()).groups:
        centre = shingles(articles[group.representative].text)
        for item in group.articles:
            own = shingles(articles[item.id].text)
            if own:
                assert item.shared == pytest.approx(len(own & centre) / len(own), abs=1e-4)
                assert item.held == pytest.approx(len(own & centre) / len(centre), abs=1e-4)
            assert max(item.shared, item.held) >= 0.4


@pytest.mark.parametrize("threads", [1, 3])
def test_order_and_threads_change_nothing(threads: int) -> None:
    articles = feed()
    told = find_copies(articles)
    random.Random(5).shuffle(articles)
    assert find_copies(articles, threads=threads).groups == told.groups


def test_what_is_not_used_is_counted() -> None:
    one = Article("a", prose(1, 60))
    page = Article("page", "", html="<p>only html</p>")
    broken = Rejection("dump.jsonl", "line 3", "json-syntax", "is no JSON")
    found = find_copies([one, one, replace(one, text=prose(2, 60)), page, broken])
    assert found.read == 5 == found.articles + found.redelivered + len(found.rejections)
    assert sorted(item.code for item in found.rejections) == ["id-conflict", "json-syntax", "no-text"]
    assert find_copies([]).groups == ()


def plain_stars(pairs: list[tuple[int, int]], shares: list[tuple[float, float]], ranks: list[int]) -> list[int]:
    """The obvious twin of ``star_centres``."""
    around: dict[int, dict[int, float]] = {node: {} for node in range(len(ranks))}
    for (a, b), (of_a, of_b) in zip(pairs, shares, strict=True):
        around[a][b], around[b][a] = of_a, of_b
    centres: set[int] = set()
    taken: set[int] = set()
    for node in sorted(around, key=lambda node: (-len(around[node]), ranks[node])):
        free = set(around[node]) - taken
        if node not in taken and free:
            centres.add(node)
            taken |= free | {node}
    best = []
    for node, others in around.items():
        able = sorted((-share, ranks[other], other) for other, share in others.items() if other in centres)
        best.append(node if node in centres or not able else able[0][2])
    return best


@settings(deadline=None)
@given(st.data())
def test_stars_are_those_of_the_plain_twin(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 9))
    every = [(a, b) for a in range(count) for b in range(a + 1, count)]
    pairs = data.draw(st.lists(st.sampled_from(every), unique=True)) if every else []
    share = st.sampled_from([0.25, 0.5, 0.75, 1.0])
    shares = [data.draw(st.tuples(share, share)) for _ in pairs]
    ranks = data.draw(st.permutations(range(count)))
    centre, own = star_centres(
        np.array(pairs, np.int64).reshape(-1, 2), np.array(shares, np.float32).reshape(-1, 2), np.array(ranks)
    )
    assert centre.tolist() == plain_stars(pairs, shares, ranks)
    known = {(a, b): shared for (a, b), shared in zip(pairs, shares, strict=True)}
    known |= {(b, a): (theirs, mine) for (a, b), (mine, theirs) in known.items()}
    for node, (mine, theirs) in enumerate(own.tolist()):
        assert (mine, theirs) == (known[node, int(centre[node])] if centre[node] != node else (1.0, 1.0))


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dedup", "run", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


def test_the_command_writes_groups_as_json_lines(tmp_path: Path) -> None:
    dump = tmp_path / "dump.jsonl"
    rows = [{"id": item.id, "text": item.text, "outlet": item.outlet} for item in feed()]
    dump.write_text("".join(json.dumps(row) + "\n" for row in rows) + "not json\n", encoding="utf-8")
    done = run(tmp_path, str(dump), "--stop-after", "groups", "--json", "-")
    assert done.returncode == 0, done.stderr
    groups = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(groups) == 7
    assert groups[0]["schema"] == "dedup-copies/1"
    assert {"group_id", "representative", "articles"} <= groups[0].keys()
    assert "22 articles (76%) in 7 groups" in done.stderr
    assert "1 json-syntax" in done.stderr


def test_a_report_is_not_made_of_groups_alone(tmp_path: Path) -> None:
    done = run(tmp_path, "seeds", "--stop-after", "groups", "-o", str(tmp_path / "report"))
    assert done.returncode == 2
    assert "makes no report" in done.stderr
