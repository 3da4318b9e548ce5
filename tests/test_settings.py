"""Settings are checked once, named by a digest, and written and read as TOML."""

import hashlib
from dataclasses import fields
from pathlib import Path

import pytest

import dedup
from dedup import Settings, SettingsError
from dedup.settings import FORMAT

PACKAGE = Path(dedup.__file__).parent


def test_every_setting_states_unit_range_and_reason() -> None:
    for item in fields(Settings):
        assert set(item.metadata) == {"low", "high", "unit", "reason"}, item.name
        assert item.metadata["reason"]


def test_settings_written_as_toml_are_read_back_the_same(tmp_path: Path) -> None:
    settings = Settings(seed=7, sample_rate=4)
    path = tmp_path / "s.toml"
    path.write_text(settings.to_toml(), encoding="utf-8")
    assert Settings.from_toml(path) == settings
    assert Settings.from_toml(path).digest() == settings.digest() != Settings().digest()


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ("seeed = 1", "unknown setting 'seeed'; known ones are"),
        ("min_words = 0", "min_words is 0, outside 1 to 1000 (words of body)"),
        ("min_words = 'x'", "min_words must be a whole number, not 'x'"),
        ("min_words = true", "min_words must be a whole number, not True"),
        ("bands = 7", "permutations (128) is not a multiple of bands (7); choose bands that divide"),
        ("bands = ", "is not a TOML file"),
    ],
)
def test_a_wrong_settings_file_is_refused_in_one_sentence_naming_it(tmp_path: Path, toml: str, sentence: str) -> None:
    path = tmp_path / "s.toml"
    path.write_text(toml, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        Settings.from_toml(path)
    assert sentence in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_settings_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml: cannot be read"):
        Settings.from_toml(tmp_path / "none.toml")


def test_other_models_and_tables_are_another_format() -> None:
    """What was learned and listed decides results as settings do: an index made with another must be refused."""
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(PACKAGE.glob("*/data/*")):
        digest.update(path.name.encode() + path.read_bytes())
    known = (FORMAT, digest.hexdigest())
    assert known == (2, "6b7318e21ae2427d"), "raise FORMAT if it was released, and pin what it stands for"
