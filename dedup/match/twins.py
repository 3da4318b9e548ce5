"""Evidence of sentences that two articles share: *twins* have most of their weighted free words in common, *echoes*
many.

A word is free when it stands in no quotation and in no stock phrase; ``s`` is the shorter article, ``l`` the longer.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dedup.match.compiled import compiled
from dedup.match.overlap import meetings
from dedup.match.tilefeatures import heaviest_rising

SENTENCES = 1500
"""Sentences of one article that are aligned; later ones (of a text over some 30,000 words) have no twins."""

TWIN = 0.7
"""Cosine from which two sentences are twins."""
ECHO = 0.4
"""Cosine from which one sentence may be a rewording of the other."""

TWIN_FEATURES = (
    "twins twin_s twin_l echo_s echo_l mean_s mean_l lead twins_ordered echoes echoes_ordered best_echo"
    " lead_in reworded words_in_l words_in_s"
).split()


@compiled
def _products(short: Any, long: Any) -> Any:
    """Sums of products of weights of the words that two sentences share, float32[sentences of s, of l]; and the sum of
    the lesser weights of the distinct words that both articles hold."""
    hashes_s, sentence_s, weights_s = short[0], short[1], short[2]
    hashes_l, sentence_l, weights_l = long[0], long[1], long[2]
    rows, columns = min(short[3].shape[0], SENTENCES), min(long[3].shape[0], SENTENCES)
    out, common = np.zeros((rows, columns), np.float32), 0.0
    met = meetings(hashes_s, hashes_l)
    for m in range(met.shape[0]):
        i, first = met[m, 0], met[m, 1]
        value, weight, row = hashes_s[i], weights_s[i], sentence_s[i]
        if i == 0 or hashes_s[i - 1] != value:
            common += min(weight, weights_l[first])
        k = first
        while row < rows and k < hashes_l.shape[0] and hashes_l[k] == value:
            if sentence_l[k] < columns:
                out[row, sentence_l[k]] += weight * weights_l[k]
            k += 1
    return out, common


@compiled
def twin_features(short: Any, long: Any, out: Any) -> None:
    """Write the values of TWIN_FEATURES. Of each article are given the hashes of its free words by sentence, those
    sentences, their weights, norms and sizes of the sentences, and the weight of all distinct words."""
    norms_s, sizes_s, norms_l, sizes_l = short[3], short[4], long[3], long[4]
    alike, common = _products(short, long)
    rows, columns = alike.shape
    best_s, best_l = np.zeros(rows), np.zeros(columns)
    place = np.zeros(rows)
    for i in range(rows):
        for j in range(columns):
            if alike[i, j] > 0:
                alike[i, j] /= np.sqrt(norms_s[i] * norms_l[j])
                if alike[i, j] > best_s[i]:
                    best_s[i] = alike[i, j]
                    place[i] = j
                best_l[j] = max(best_l[j], alike[i, j])
    _twin_sums(best_s, norms_s, sizes_s, out, 1)
    _twin_sums(best_l, norms_l, sizes_l, out, 2)
    twins, echoes = np.flatnonzero(best_s >= TWIN), np.flatnonzero(best_s >= ECHO)
    out[0] = np.log1p(twins.shape[0])
    out[9] = np.log1p(echoes.shape[0])
    if twins.shape[0]:
        weights = best_s[twins]
        out[8] = heaviest_rising(weights, place[twins]) / weights.sum()
    if echoes.shape[0]:
        weights = best_s[echoes]
        out[10] = heaviest_rising(weights, place[echoes]) / weights.sum()
        out[11] = best_s.max()
    for i in range(min(2, rows)):
        for j in range(min(2, columns)):
            out[7] = max(out[7], alike[i, j])
        out[12] = max(out[12], best_s[i])
    for j in range(min(2, columns)):
        out[12] = max(out[12], best_l[j])
    reworded = 0
    for i in range(rows):
        reworded += ECHO <= best_s[i] < TWIN
    out[13] = np.log1p(reworded)
    out[14] = common / short[5] if short[5] > 0 else 0.0
    out[15] = common / long[5] if long[5] > 0 else 0.0


@compiled
def _twin_sums(best: Any, norms: Any, sizes: Any, out: Any, side: int) -> None:
    """Shares of an article's free words that stand in sentences with a twin (1, 2), an echo (3, 4), and the mean
    likeness of its sentences to their best partner (5, 6)."""
    total = twin = echo = 0
    mean = 0.0
    for i in range(best.shape[0]):
        if norms[i] <= 0:
            continue
        total += sizes[i]
        mean += sizes[i] * best[i]
        if best[i] >= TWIN:
            twin += sizes[i]
        if best[i] >= ECHO:
            echo += sizes[i]
    if total:
        out[side] = twin / total
        out[side + 2] = echo / total
        out[side + 4] = mean / total
