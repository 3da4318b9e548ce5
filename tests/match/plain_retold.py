"""The plain twin of dedup/match/retold.py and stems.py: sets, dicts and loops over the words of two profiles."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dedup.match.build import BOUND
from dedup.match.features import DISTANT, RARE_AT, evidence
from dedup.match.marks import DIGIT, NAME
from dedup.match.profile import Profile
from dedup.match.retold import RETOLD_FEATURES
from dedup.match.similarity import idf_of

Sentences = list[set[str]]


@dataclass
class Side:
    """Stem of each word, sentence and flags; rarity by stem; which words count; all stems there are."""

    stems: list[str]
    sentence: list[int]
    flags: list[int]
    rarity: dict[str, float]
    counts: list[bool]

    @property
    def kept(self) -> set[str]:
        return {stem for stem, counts in zip(self.stems, self.counts, strict=True) if counts}

    def sentences(self, all_words: bool = False) -> Sentences:
        out: Sentences = [set() for _ in range(self.sentence[-1] + 1)] if self.sentence else []
        for stem, number, counts in zip(self.stems, self.sentence, self.counts, strict=True):
            if counts or all_words:
                out[number].add(stem)
        return out

    def load(self, stem: str) -> float:
        holding = sum(stem in one for one in self.sentences(all_words=True))
        return self.rarity[stem] / (1 + math.log(holding))

    def names(self) -> set[str]:
        inside = {
            stem
            for k, stem in enumerate(self.stems)
            if k and self.flags[k] & NAME and self.sentence[k] == self.sentence[k - 1] and self.rarity[stem] > 1
        }
        return inside & self.kept

    def numbers(self) -> set[str]:
        return {
            s for s, flag, counts in zip(self.stems, self.flags, self.counts, strict=True) if flag & DIGIT and counts
        }


def plain_stem(word: str) -> str:
    return word if word[0].isdigit() else word.lower()[:5]


def _side(profile: Profile) -> Side:
    words = profile.words
    stems = [
        plain_stem(profile.text[start:end])
        for start, end in zip(words.starts.tolist(), words.ends.tolist(), strict=True)
    ]
    rarity: dict[str, float] = {}
    for stem, idf in zip(stems, idf_of(words.hashes).tolist(), strict=True):
        rarity[stem] = min(rarity.get(stem, 99.0), max(idf - 2, 0.0))
    return Side(stems, words.sentence.tolist(), words.flags.tolist(), rarity, [True] * len(stems))


def plain_retold(a: Profile, b: Profile) -> dict[str, float]:
    """The values of RETOLD_FEATURES by name; those of distant articles are zeros."""
    found = evidence(a, b)
    if not len(found.tiles) and found.cosines[RARE_AT] < DISTANT:
        return dict.fromkeys(RETOLD_FEATURES, 0.0)
    one, other = _side(a), _side(b)
    for i, j, length in found.tiles.tolist():
        for k in range(length):
            if (one.flags[i + k] | other.flags[j + k]) & BOUND:
                one.counts[i + k] = other.counts[j + k] = False
    short, long = (other, one) if found.swapped else (one, other)
    return {**_own(short, long), **_told(short, long)}


def _lacking(mine: Side, other: Side) -> float:
    specific = [stem for stem in mine.kept if mine.rarity[stem] > 3]
    whole = sum(mine.rarity[stem] for stem in specific)
    return sum(mine.rarity[stem] for stem in specific if stem not in other.stems) / whole if whole else 0.0


def _own(short: Side, long: Side) -> dict[str, float]:
    names, numbers = short.names(), short.numbers()
    own_names, own_numbers = names - set(long.stems), numbers - set(long.stems)
    return {
        "own_s": _lacking(short, long),
        "own_l": _lacking(long, short),
        "own_name_share": len(own_names) / max(len(names), 3),
        "own_names": math.log1p(len(own_names)),
        "own_number_share": len(own_numbers) / max(len(numbers), 3),
        "own_numbers": math.log1p(len(own_numbers)),
    }


def _usable(side: Side) -> dict[int, set[str]]:
    """Sentences of at least four stems that weigh something."""
    found = {i: {s for s in one if side.rarity[s] > 0} for i, one in enumerate(side.sentences())}
    return {i: one for i, one in found.items() if len(one) >= 4}


def _told(short: Side, long: Side) -> dict[str, float]:
    load_s, load_l = ({s: side.load(s) for s in side.kept} for side in (short, long))
    of_s, of_l = _usable(short), _usable(long)
    weight_s = {i: sum(load_s[s] for s in one) for i, one in of_s.items()}
    weight_l = {j: sum(load_l[s] for s in one) for j, one in of_l.items()}
    likeness, together = {}, dict.fromkeys(of_s, 0)
    for i, one in of_s.items():
        for j, other in of_l.items():
            loads = [min(load_s[s], load_l[s]) for s in one & other]
            likeness[i, j] = sum(loads) / math.sqrt(weight_s[i] * weight_l[j])
            together[i] = max(together[i], sum(x > 1.5 for x in loads))
    best_s = {i: max((likeness[i, j], -j) for j in of_l) if of_l else (0.0, 0) for i in of_s}
    best_l = {j: max((likeness[i, j] for i in of_s), default=0.0) for j in of_l}
    partners = [(value, -at) for value, at in best_s.values() if value >= 0.3]
    there = bool(of_s and of_l)
    total_s, total_l = sum(weight_s.values()) or 1, sum(weight_l.values()) or 1
    return {
        "told": math.log1p(len(partners)),
        "told_s": there * sum(weight_s[i] for i in of_s if best_s[i][0] >= 0.3) / total_s,
        "told_l": there * sum(weight_l[j] for j in of_l if best_l[j] >= 0.3) / total_l,
        "told_mean": there * sum(weight_s[i] * best_s[i][0] for i in of_s) / total_s,
        "told_ordered": _heaviest_rising(partners) / sum(v for v, _ in partners) if partners else 0.0,
        "told_paired": len({at for _, at in partners}) / len(partners) if partners else 0.0,
        "rare_together": sum(count >= 2 for count in together.values()) / max(len(of_s), 1),
        "sentences": math.log1p(len(of_s)),
    }


def _heaviest_rising(partners: list[tuple[float, int]]) -> float:
    best: list[float] = []
    for i, (value, at) in enumerate(partners):
        before = (best[k] for k in range(i) if partners[k][1] <= at)
        best.append(value + max(before, default=0.0))
    return max(best)
