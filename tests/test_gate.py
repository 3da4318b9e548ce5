"""The quality gate: figures on the seeds and on copies cut from them, held against pinned floors (floors.json)."""

import hashlib
import json
import random
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

import dedup
from dedup.evaluate import b_cubed, evaluate

HERE = Path(__file__).parent
SEEDS = HERE.parent / "seeds"
GATE: dict[str, Any] = json.loads((HERE / "floors.json").read_text(encoding="utf-8"))
GOLD: dict[str, Any] = json.loads((SEEDS / "gold.json").read_text(encoding="utf-8"))
FLOORS: dict[str, float] = GATE["floors"]


@pytest.fixture(scope="module")
def result() -> dedup.Result:
    return dedup.find_stories(dedup.read_feed(SEEDS))


def test_the_floors_belong_to_these_seeds() -> None:
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(SEEDS.iterdir()):
        digest.update(path.read_bytes())
    assert digest.hexdigest() == GATE["corpus"], "the seeds changed: measure anew and pin the floors again"


def test_lines_and_credits_stay_above_their_floors(tmp_path: Path) -> None:
    rows = []
    for name, letters in GOLD["lines"].items():
        text = (SEEDS / name).read_text(encoding="utf-8").removesuffix("\n")
        rows.append({"id": name, "text": text, "classes": letters})
    labels = tmp_path / "lines.jsonl"
    labels.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    scores = evaluate("lines", labels, [])
    assert scores["body_lines"]["f1"] >= FLOORS["body_lines_f1"]
    assert scores["body_words"]["f1"] >= FLOORS["body_words_f1"]


def test_relations_stay_above_their_floors(result: dedup.Result) -> None:
    by_name = {item.id[:3]: item for item in result.articles.values()}
    want = {(a, b): relation for a, b, relation in GOLD["relations"]}
    matches = {pair: dedup.compare(by_name[pair[0]], by_name[pair[1]]) for pair in want}
    right = sum(matches[pair].relation == relation for pair, relation in want.items())
    assert right / len(want) >= FLOORS["relations_right"]
    ranked = sorted(want, key=lambda pair: -matches[pair].score)
    place = ranked.index(("000", "002")) + 1
    assert 1 / place >= FLOORS["derived_average_precision"]


def test_credits_stay_above_their_floor(result: dedup.Result) -> None:
    named = {item.id[:3]: {credit.agency for credit in item.credits} for item in result.articles.values()}
    right = sum(named[name] == set(agencies) for name, agencies in GOLD["credit"].items())
    assert right / len(GOLD["credit"]) >= FLOORS["credits_right"]


def test_stories_stay_above_their_floor(result: dedup.Result) -> None:
    label = {name: str(number) for number, names in enumerate(GOLD["stories"]) for name in names}
    found = {member.id[:3]: story.story_id for story in result.stories for member in story.articles}
    assert b_cubed(label, found)["f1"] >= FLOORS["stories_b_cubed_f1"]


def test_copies_cut_from_the_seeds_are_found_and_strangers_are_not(result: dedup.Result) -> None:
    rng = random.Random(7)
    copies = []
    for item in result.articles.values():
        paragraphs = item.body.split("\n")
        cuts = {"head": paragraphs[: len(paragraphs) // 2 + 1], "tail": paragraphs[len(paragraphs) // 3 :]}
        cuts["some"] = [text for text in paragraphs if rng.random() < 0.7]
        copies += [
            (item.id, dedup.Article(id=f"{item.id}-{kind}", text="\n\n".join(cut))) for kind, cut in cuts.items()
        ]
    matches = {origin + copy.id: dedup.compare(result.articles[origin], copy) for origin, copy in copies}
    assert sum(match.derived for match in matches.values()) / len(matches) >= FLOORS["cut_copies_found"]
    seeds_alike = {"000", "002"}
    false = sum(
        dedup.compare(one, other).derived
        for (a, one), (b, other) in combinations(copies, 2)
        if a != b and {a[:3], b[:3]} != seeds_alike
    )
    assert false <= FLOORS["false_pairs_allowed"]
