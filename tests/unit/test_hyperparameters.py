"""Short names of settings, spelt out where a value follows and nowhere else."""

import pytest

from rag.text.hyperparameters import NAMES, spelt_out


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_short_name_is_spelt_out_before_a_value(name: str) -> None:
    for written in (name, name.upper(), name.replace(" ", "_")):
        assert spelt_out(f"({written}: 3)") == f"({NAMES[name]}: 3)"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("lr = 1e-4, BS=32", "learning rate = 1e-4, batch size=32"),
        ("lr | 3e-5", "learning rate | 3e-5"),
        ("a slanted LR scheduler", "a slanted learning rate scheduler"),
        ("LR and SVM are baselines", "LR and SVM are baselines"),
        ("with LR (0.81 F1)", "with LR (0.81 F1)"),
        ("a dim light", "a dim light"),
        ("GLR: 3", "GLR: 3"),
    ],
)
def test_only_a_value_makes_it_a_setting(text: str, told: str) -> None:
    assert spelt_out(text) == told
