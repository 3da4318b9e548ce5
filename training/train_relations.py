"""Fit dedup/match/data/relation_model.json to labelled pairs, and cross-validate it.

    python training/train_relations.py DATA [--write] [--errors]

DATA holds helsinki_articles, giveme5w1h_events, ecbplus_events and real_news_12k (.jsonl.gz) and the three
*_pairs.jsonl files; labels/pairs.jsonl are further pairs of these articles, read for this project (labels/README.md).
Articles are cleaned by the package's own cleaner, once with the evidence of their feed (as `dedup run` does) and
once alone (as `dedup compare` does); a pair counts half in each. A pair is scored by a model that saw no pair with
either of its articles. Further pairs whose answer needs no reader come from relation_pairs.py.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from relation_pairs import apart_in_time, as_body, other_events, plant
from rewrite_pairs import Bed, load_bed, report_bed

from dedup.match.features import NAMES, evidence
from dedup.match.model import Model, Regression, tells_enough
from dedup.match.profile import Profile, make_profile
from dedup.match.relation import relate
from dedup.match.retold import RETOLD_FEATURES
from dedup.models import Article, Match
from dedup.settings import Settings
from dedup.text.clean import clean_many
from dedup.text.evidence import collect_evidence

FEEDS = ("helsinki_articles", "giveme5w1h_events", "ecbplus_events", "real_news_12k")
LABELS = ("helsinki_pairs", "helsinki_pairs_more", "giveme5w1h_pairs")
READ = Path(__file__).parent / "labels" / "pairs.jsonl"
MODEL = Path(__file__).parent.parent / "dedup" / "match" / "data" / "relation_model.json"

PENALTY = 0.3
"""Inverse strength of the L2 penalty; .1 and .3 cross-validate alike, 1 and .03 lower."""

READ_WEIGHT, READ_RETOLD = 0.6, 0.2
"""Weight of a pair that was read because a former model called it derived or nearly so, where a labelled one has 1: in
the first regression, and in that of retelling, where what is not derived weighs more already. Swept over 0-1.5 and .1-1
(docs/relations.md): without them 59 of 100 pairs called derived in the mixed feed are, with them 80."""

APART_WEIGHT, EVENTS_WEIGHT = 0.3, 1.0
PLANTED_WEIGHTS = {"lift": 0.1, "sentence": 0.3, "quotes": 0.1, "mix": 0.1}
"""Weight of one mined or planted pair; a labelled pair weighs 1. Planted ones at .4 cost .02 of F1: what readers call
partial is not what two random sentences in a strange article look like."""

PLANTED = 60
"""Planted pairs of each kind."""

UNUSED = RETOLD_FEATURES
"""Not of the first regression: evidence of retelling has a regression of its own, so that it can add a rewrite but
never take a copy away."""

RETOLD = tuple(name for name in RETOLD_FEATURES if name not in ("sentences", "own_numbers"))
"""What the regression of retelling sees: nothing of common wording, length or time."""

RETOLD_PENALTY = 0.1
""".3 and 1 cost .01 of derived F1, .03 found 5 fewer of the test bed's pairs."""

RETOLD_WEIGHTS = {"rewrite": 1.0, "copy": 0.3, "excerpt": 0.3, "same_event": 8.0, "other": 8.0}
BED_WEIGHTS = {True: 0.5, False: 2.0}
"""Weights of labelled pairs by relation (a partial says nothing) and of the test bed's by whether they are derived.
What is not derived weighs more: a report wrongly called a rewrite is worse than one missed. From 4 to 12 the
figures of labelled pairs are the same, and of two real feeds 23, 20 and 18 further pairs are called so."""

REWORDED = ("prose_weight", "best_echo", "mean_s", "longest_free")
"""What tells a rewrite from a partial copy: little taken prose, no sentence whole, yet alike throughout."""

CUTS = {"copy_s": 0.85, "copy_l": 0.75, "excerpt": 0.52}
"""Shares of the shorter and longer article. On the labelled pairs .80-.85, .65-.75 and .50-.55 do equally well;
the guide's own lines are .8 of both, and .6 (where the two readers differed most)."""

Matrix = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class Feed(NamedTuple):
    """Profiles by id, of articles cleaned with the evidence of their feed or alone."""

    profiles: dict[str, Profile]


class Labelled(NamedTuple):
    """Labelled pairs; features of each in both cleanings, float64[2][pairs, len(NAMES)]; the test bed of rewrites;
    mined and planted pairs."""

    pairs: list[dict[str, Any]]
    feeds: tuple[Feed, Feed]
    features: tuple[Matrix, Matrix]
    bed: Bed
    mined: Matrix
    mined_weights: Matrix
    mined_derived: Flags

    @property
    def derived(self) -> Flags:
        return np.array([pair["derived"] for pair in self.pairs])

    def weights(self, read: float) -> Matrix:
        """1 of a labelled pair, ``read`` of one that was read since."""
        return np.array([read if "feed" in pair else 1.0 for pair in self.pairs])


def rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def read_feed(path: Path) -> list[Article]:
    return [_article(row) for row in rows(path)]


def _article(row: dict[str, Any]) -> Article:
    try:
        when = datetime.fromisoformat(row.get("published") or "")
    except ValueError:
        when = None
    if when and when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return Article(row["id"], row["text"], row.get("title"), row.get("url"), row.get("outlet"), when)


def profiles_of(articles: Sequence[Article], together: bool, wanted: set[str] | None = None) -> dict[str, Profile]:
    feed = collect_evidence(articles) if together else None
    chosen = [item for item in articles if wanted is None or item.id in wanted]
    return {item.id: make_profile(item, Settings()) for item in clean_many(chosen, feed)}


def load(data: Path) -> Labelled:
    files = [*(data / f"{name}.jsonl" for name in LABELS), READ]
    lines = [line for file in files for line in file.read_text("utf-8").splitlines()]
    pairs = [pair for pair in map(json.loads, lines) if not pair.get("skip")]
    wanted = {pair[side] for pair in pairs for side in "ab"}
    articles = [read_feed(data / f"{name}.jsonl.gz") for name in FEEDS]
    feeds = tuple(
        Feed({name: item for feed in articles for name, item in profiles_of(feed, together, wanted).items()})
        for together in (True, False)
    )
    features = tuple(
        np.array([evidence(feed.profiles[pair["a"]], feed.profiles[pair["b"]]).values for pair in pairs])
        for feed in feeds
    )
    return Labelled(pairs, (feeds[0], feeds[1]), (features[0], features[1]), load_bed(), *mine(data))


def mine(data: Path) -> tuple[Matrix, Matrix, Flags]:
    """Features, weights and answers of pairs whose answer needs no reader."""
    articles = read_feed(data / "real_news_12k.jsonl.gz")
    cleaned = clean_many(articles, collect_evidence(articles))
    news = [make_profile(item, Settings()) for item in cleaned]
    events = list(profiles_of(read_feed(data / "giveme5w1h_events.jsonl.gz"), True).values())
    story = {row["id"]: row["story"] for row in rows(data / "giveme5w1h_events.jsonl.gz")}
    apart = [(news[i], news[j]) for i, j in apart_in_time(news, 400)]
    others = [(events[i], events[j]) for i, j in other_events(events, story, 150)]
    planted = [item for item in plant(cleaned, PLANTED) if item.kind in PLANTED_WEIGHTS]
    made = [(news[item.source], make_profile(as_body("planted", item.lines), Settings())) for item in planted]
    values = np.array([evidence(a, b).values for a, b in apart + others + made])
    mined = np.repeat((APART_WEIGHT, EVENTS_WEIGHT), (len(apart), len(others)))
    weights = np.r_[mined, [PLANTED_WEIGHTS[item.kind] for item in planted]]
    return values, weights, np.r_[np.zeros(len(mined), bool), [item.derived for item in planted]]


class Fitted(NamedTuple):
    """A logistic regression on the features as they are, and where a pair of which nothing is known has them."""

    intercept: float
    weights: Matrix
    usual: Matrix


def usual(features: Matrix, wanted: Flags, weights: Matrix) -> Matrix:
    """Halfway between the means of the pairs that are wanted and of the others."""
    means = (np.average(features[part], 0, weights[part]) for part in (wanted, ~wanted))
    return np.asarray(sum(means) / 2)


def logistic(features: Matrix, wanted: Flags, weights: Matrix, penalty: float) -> Fitted:
    """Fit the features, brought to one scale, and give the weights for them as they are."""
    from sklearn.linear_model import LogisticRegression

    mean, scale = features.mean(0), features.std(0)
    scale[scale == 0] = 1.0
    fitted = LogisticRegression(C=penalty, max_iter=3000).fit((features - mean) / scale, wanted, weights)
    found = fitted.coef_[0] / scale
    return Fitted(float(fitted.intercept_[0] - found @ mean), found, usual(features, wanted, weights))


def fit(data: Labelled, kept: Flags, without: str = "") -> Model:
    """The model of the kept pairs, all mined ones, and the test bed but for the event ``without``."""
    used = [name for name in NAMES if name not in UNUSED]
    both = np.vstack([*(part[kept] for part in data.features), data.mined])
    wanted = np.r_[data.derived[kept], data.derived[kept], data.mined_derived]
    halves = np.tile(data.weights(READ_WEIGHT)[kept] / 2, 2)
    columns = [NAMES.index(name) for name in used]
    derived = _chosen(used, logistic(both[:, columns], wanted, np.r_[halves, data.mined_weights], PENALTY))
    retold = _fit_retold(data, kept, data.bed.events != without)
    return Model(derived, retold, _fit_reworded(data, kept), CUTS)


def _chosen(columns: Sequence[str], fitted: Fitted) -> Regression:
    """A regression on some of the features."""
    at = [NAMES.index(name) for name in columns]
    weights, middle = np.zeros(len(NAMES)), np.zeros(len(NAMES))
    weights[at], middle[at] = fitted.weights, fitted.usual
    return Regression(fitted.intercept, weights, middle)


def _fit_retold(data: Labelled, kept: Flags, seen: Flags) -> Regression:
    """On the kept labelled pairs, the mined ones that are not derived, and the pairs of the test bed that are seen."""
    weight = np.array([RETOLD_WEIGHTS.get(pair["relation"], 0.0) for pair in data.pairs])
    weight *= data.weights(READ_RETOLD) / 2
    bed = np.where(data.bed.derived, BED_WEIGHTS[True], BED_WEIGHTS[False])
    mined = ~data.mined_derived
    weights = np.r_[weight[kept], weight[kept], bed[seen], data.mined_weights[mined]]
    values = np.vstack([*(part[kept] for part in data.features), data.bed.values[seen], data.mined[mined]])
    wanted = np.r_[data.derived[kept], data.derived[kept], data.bed.derived[seen], np.zeros(mined.sum(), bool)]
    used = tells_enough(values)
    columns = [NAMES.index(name) for name in RETOLD]
    return _chosen(RETOLD, logistic(values[used][:, columns], wanted[used], weights[used], RETOLD_PENALTY))


def _fit_reworded(data: Labelled, kept: Flags) -> Regression:
    relation = np.array([pair["relation"] for pair in data.pairs])
    chosen = kept & np.isin(relation, ("partial", "rewrite"))
    columns = [NAMES.index(name) for name in REWORDED]
    both = np.vstack([part[chosen][:, columns] for part in data.features])
    wanted = np.r_[relation[chosen], relation[chosen]] == "rewrite"
    return _chosen(REWORDED, logistic(both, wanted, np.full(len(wanted), 0.5), 1.0))


def cross_validate(data: Labelled) -> list[Model]:
    """For each pair a model of the pairs that share no article with it."""
    sides = [{pair["a"], pair["b"]} for pair in data.pairs]
    return [fit(data, np.array([not (own & other) for other in sides])) for own in sides]


def f1(found: Flags, wanted: Flags) -> float:
    return float(2 * (found & wanted).sum() / max(found.sum() + wanted.sum(), 1))


def report(data: Labelled, models: Sequence[Model], which: int, errors: bool) -> None:
    """Print the figures of one cleaning, and the wrong pairs: of the labelled pairs, then of those read since."""
    feed = data.feeds[which]
    matches = [
        relate(feed.profiles[pair["a"]], feed.profiles[pair["b"]], Settings(), model)
        for pair, model in zip(data.pairs, models, strict=True)
    ]
    print(("with the feed's evidence", "each article alone")[which])
    both = list(zip(data.pairs, matches, strict=True))
    _report_labelled([item for item in both if "feed" not in item[0]])
    for name in FEEDS:
        _report_read(name, [item for item in both if item[0].get("feed") == name])
    for pair, match in both if errors else ():
        if match.derived != pair["derived"]:
            name = pair.get("pair", f"{pair['a']} {pair['b']}")
            wanted = f"{pair['relation']} {pair['confidence']}"
            print(f"   {name} {wanted} -> {match.relation} {match.score:.2f} {pair['why']}")


Judged = list[tuple[dict[str, Any], Match]]


def _report_labelled(judged: Judged) -> None:
    from sklearn.metrics import average_precision_score

    derived = np.array([pair["derived"] for pair, _ in judged])
    sure = np.array([pair["confidence"] == "high" for pair, _ in judged])
    scores, called = np.array([m.score for _, m in judged]), np.array([m.derived for _, m in judged])
    for name, part in (("all", np.ones(len(sure), bool)), ("high", sure)):
        hits = (called & derived & part).sum()
        precision, recall = hits / max((called & part).sum(), 1), hits / (derived & part).sum()
        average = average_precision_score(derived[part], scores[part])
        print(f"  {name:5} F1 {f1(called[part], derived[part]):.3f} P {precision:.3f} R {recall:.3f} AP {average:.3f}")
    names = {"same_event": "same_story"}
    wanted = np.array([names.get(pair["relation"], pair["relation"]) for pair, _ in judged])
    found = np.array(["other" if m.relation in ("related", "unrelated") else m.relation for _, m in judged])
    each = {name: f1(found == name, wanted == name) for name in sorted(set(wanted))}
    print("  ", {name: round(value, 3) for name, value in each.items()})
    print(f"   macro-F1 without rewrite {np.mean([v for k, v in each.items() if k != 'rewrite']):.3f}")


def _report_read(name: str, judged: Judged) -> None:
    """A sample by what a former model said is no sample of what this one finds: ``weight`` makes it one of the pool."""
    weight = np.array([pair["weight"] for pair, _ in judged])
    derived, called = np.array([p["derived"] for p, _ in judged]), np.array([m.derived for _, m in judged])
    rewrite = np.array([m.relation == "rewrite" for _, m in judged])
    for what, part in (("derived", called), ("of them rewrite", rewrite)):
        right, all_of = weight[part & derived].sum(), weight[part].sum()
        print(f"  {name}: called {what} {all_of:.0f}, right {right:.0f}, missed {weight[derived & ~called].sum():.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--errors", action="store_true")
    arguments = parser.parse_args()
    data = load(arguments.data)
    models = cross_validate(data)
    for which in (0, 1):
        report(data, models, which, arguments.errors)
    every = np.ones(len(data.pairs), bool)
    report_bed(data.bed, lambda event: fit(data, every, event))
    if arguments.write:
        text = json.dumps(fit(data, every).to_json(), indent=1)
        MODEL.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
