"""LaTeX and entities become what a person reads; everything else stays."""

from __future__ import annotations

import re

import pytest

from rag.sources import discover, read_source
from rag.text.readable import readable
from rag.types import Paper
from tests.support.data import shared_data


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"\textbf{Q}uery \textbf{R}ewrite", "Query Rewrite"),
        (r"{\em nested \textbf{groups \textit{three}} deep}", "nested groups three deep"),
        (r"\textcolor{red}{warning} and \color{blue} sea", "warning and sea"),
        (r"{\rm P{\small ROOF}W{\small ALA}}", "PROOFWALA"),
        (r"unexpl\underline{\textbf{o}}red", "unexplored"),
        (r"\begin{itemize}\item one \item two\end{itemize}", "one two"),
        (r"\verb|Llama-3.2| rest", "Llama-3.2 rest"),
    ],
)
def test_formatting_leaves_its_text(written: str, read: str) -> None:
    assert readable(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"\method{} is good", "method is good"),
        (r"\DeAR (a system)", "DeAR (a system)"),
        (r"\foo{bar} baz", "bar baz"),
        (r"\ie, \eg", "i.e., e.g."),
        (r"a newline token \n\n", r"a newline token \n\n"),
        (r"\b{eta}-VAE, \r{ho} = 1", "β-VAE, ρ = 1"),  # how arXiv's listings damage \beta and \rho
    ],
)
def test_unknown_macros_keep_their_name_or_argument(written: str, read: str) -> None:
    assert readable(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"$\alpha$-nDCG", "α-nDCG"),
        (r"$10^{-3}$ and \(2 \cdot 10^{25}\)", "10⁻³ and 2 · 10²⁵"),
        (r"$\mathcal{O}(n\log n)$", "O(n log n)"),
        (r"$x \in \mathbb{R}^{d}$", "x ∈ ℝ^d"),
        (r"$\frac{a+b}{2}$, $\sqrt{n}$", "(a+b)/2, √n"),
        (r"$a_{i+1}$, $\text{CO}_2$, $N_{\text{max}}$", "a_(i+1), CO₂, N_max"),
        (r"5\% ($<$6\%), 2.3$\times$, 1$^{st}$, $90^\circ$", "5% (<6%), 2.3×, 1st, 90°"),
        (r"$\hat{x}$ $\|W\|_F$", "x̂ ‖W‖_F"),
        (r"values$\unicode{x2013}$core", "values–core"),
        ("R$^2$GRPO", "R²GRPO"),
    ],
)
def test_maths(written: str, read: str) -> None:
    assert readable(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("M\\\"uller, na\\\"{\\i}ve", "Müller, naïve"),
        (r"Gonz\'alez, Ga\v{s}evi\'c, {\L}ajewska", "González, Gašević, Łajewska"),
        (r"\& \_ \# \$179 \{a\} \textasciitilde50", "& _ # $179 {a} ~50"),
        (r"Recall\@10, GPT-4\@.", "Recall@10, GPT-4."),
        ("``quoted'' and ``half\"", "“quoted” and “half”"),
        ("vision--language---and more", "vision–language—and more"),
        (r"Figure~1 of work~\cite{key2020}", "Figure 1 of work [key2020]"),
        ("S&amp;R, a &lt; b, twice &amp;amp; more, &#39;x&#39;", "S&R, a < b, twice & more, 'x'"),
        (r"\href{https://a.org/~x_y%20z}{here}", "here (https://a.org/~x_y%20z)"),
        (r"\href{https://a.org}{https://a.org}", "https://a.org"),
        (r"code\footnote{\url{https://a.org/b\_c}}.", "code (https://a.org/b_c)."),
    ],
)  # fmt: skip
def test_accents_escapes_and_links(written: str, read: str) -> None:
    assert readable(written) == read


@pytest.mark.parametrize(
    "text",
    [
        "50% of all, then more",
        "it costs $5 and $10, or 5$ or 10$; US$5 (US$10); $500-$1000",
        "C# and F#, snake_case, x^2, AT&T, Q&A; ~50, run --help",
        "https://a.org/~me/b_c?x=1&copy=2#d--e",
        "a set {1, 2} and a } or {",
        "",
    ],
)
def test_what_is_readable_stays(text: str) -> None:
    assert readable(text) == text


def test_white_space_is_folded() -> None:
    assert readable(" a\n  b\t\u00a0c\r\n") == "a b c"


@pytest.mark.parametrize(
    ("cut", "read"),
    [
        (r"the \textbf{first words", "the first words"),
        ("last} of a group, and \\textbf{more}", "last of a group, and more"),
        (r"x$ is small and $\alpha$ is not", "x$ is small and α is not"),
        (r"open $\alpha + ", "open $α +"),
        (r"ends in \textbf", "ends in"),
        ("ends in \\", "ends in \\"),
        (r"\color{red and the rest of the words", "red and the rest of the words"),
    ],
)
def test_slices_that_cut_markup(cut: str, read: str) -> None:
    assert readable(cut) == read


@pytest.mark.parametrize("piece", ["{", "\\textbf{", "$x_{", "\\frac{", "\\(", "&amp;amp;", "``a", "a~", "\\em\\alpha"])
@pytest.mark.timeout(20)
def test_a_hostile_text_takes_linear_time(piece: str) -> None:
    """Each of these takes well under a second; a quadratic reader would need minutes."""
    assert isinstance(readable(piece * 40_000), str)


def test_real_abstracts() -> None:
    papers = [row for path in discover([shared_data() / "reports"]).files for row in read_source(path)]
    texts = {text for row in papers if isinstance(row, Paper) for text in (row.title, row.abstract)}
    assert sum("\\" in text for text in texts) > 80
    for text in texts:
        shown = readable(text)
        assert not re.search(r"\\|\$(?!\d)|&\w+;", shown), shown
        assert readable(shown) == shown
