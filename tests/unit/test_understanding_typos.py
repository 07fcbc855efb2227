"""Misspelt words and names, and the many right ones that a library does not have."""

from __future__ import annotations

import pytest

from rag.query.lexicon.typos import Correction, Speller, _english
from rag.query.lexicon.vocabulary import Vocabulary, fold

COMMON = """
    recommender systems recommendation retrieval language models embeddings datasets query queries encoder accuracy
    accurate generates generate generative adversarial dynamics inference context methods search substructure
    question answers personalization personalized hallucination benchmark benchmarks sequential dense sparse
    reranking evaluation evaluate diffusion semantic multimodal knowledge graph conversation conversational
    explainable explanations fine-tuning document documents user users open-source relevance judgments ranking which
    with faster speed base cost long-term attention transformer optimization collaborative filtering serendipity
    heterogeneous hierarchical neighbor behavior
""".split()
NAMES = """
    Search-R1 QueryGym LightRetriever Annif MiniOneRec StealthRank HotelMatch-LLM BlockRank jXBW SPARQL-LLM Claude
    ColBERT Pyserini DeepRetrieval TALLRec GenSR HNSW Kuaishou Qwen3 MovieLens RankZephyr
""".split()


@pytest.fixture(scope="module")
def speller() -> Speller:
    return Speller(Vocabulary.of_texts([" ".join(COMMON)] * 5 + NAMES))


CORRECTED = """
    SerchR1>Search-R1  serchr1>Search-R1  Saerch-R1>Search-R1  QuerryGym>QueryGym  querygim>QueryGym
    LightRetreiver>LightRetriever  LightRetriver>LightRetriever  Anif>Annif  minionrec>MiniOneRec
    SteathRank>StealthRank  HotelMach-LLM>HotelMatch-LLM  BlokRank>BlockRank  jXWB>jXBW  SPRAQL-LLM>SPARQL-LLM
    cluade>Claude  ColBRET>ColBERT  Pyserni>Pyserini  DeepRetreival>DeepRetrieval  RankZephr>RankZephyr
    MoiveLens>MovieLens  recomender>recommender  reccomendation>recommendation  retreival>retrieval
    langauge>language  adverserial>adversarial  dinamics>dynamics  qurey>query  inferrence>inference
    substrucutre>substructure  quesion>question  acuracy>accuracy  genrative>generative  hallucinaton>hallucination
    benchamrk>benchmark  seqential>sequential  evalution>evaluation  personalizaton>personalization  serach>search
    Retreival>Retrieval  opensourse>open-source  converstational>conversational  wich>which
    heirarchical>hierarchical  trasnformer>transformer
""".split()
RIGHT = """
    Search-R1 searchr1 QueryGym querygym Annif hnsw embeddings
    GenSAR BIGRec Qwen2 Qwen4 ColPali RankGPT WebRec PushGen UniRec TALLRec2 HNSQ HNWS GPUs LEXA EMAs
    rerankers reranked embedder retrievers hallucinate tuned recommending encoders docid queried benchmarked
    deduplication pretraining interpretability multilingual codebook pointwise chatbots autoencoder unsupervised
    homomorphic serendipitous metalwork byline grocery pharmacy optimisation behaviour neighbour poultry quantum
    statin serotypes neoplasia autologous sporulation priori kinase apoptosis cytokines glioblastoma ischaemia
    Dietz Lovelace Wang Suominen Tokyo Pinterest Spotify
    dose then three rate quite bass trial there their form from casual
""".split()


@pytest.mark.parametrize(("typed", "meant"), [pair.split(">") for pair in CORRECTED])
def test_a_misspelling_is_corrected(speller: Speller, typed: str, meant: str) -> None:
    question = f"what does {typed} do?"
    assert speller.corrections(question) == [Correction(10, 10 + len(typed), typed, meant)]


@pytest.mark.parametrize("word", RIGHT)
def test_a_right_word_is_left_alone(speller: Speller, word: str) -> None:
    assert speller.corrections(f"what does {word} do?") == []


@pytest.mark.parametrize("apostrophe", ["'", "’"])
def test_a_contraction_is_no_misspelling(apostrophe: str) -> None:
    words = Speller(Vocabulary.of_texts(["could should hand"] * 5))
    question = "what if it couldn't, shouldn't or hadn't agreed?".replace("'", apostrophe)
    assert words.corrections(question) == []
    assert [one.meant for one in words.corrections("couldn agree")] == ["could"]


def test_digits_never_change() -> None:
    versions = Speller(Vocabulary.of_texts(["WizardLM2 and Qwen25Retriever"]))
    assert versions.corrections("does WizardLM3 beat Qwen26Retriever or WizardLM22?") == []
    assert [one.meant for one in versions.corrections("WizradLM2")] == ["WizardLM2"]


def test_a_name_of_two_words_is_not_taken_for_a_compound() -> None:
    hotels = Speller(Vocabulary.of_texts(["hotel mach"] * 5 + ["HotelMatch ranks"]))
    assert [one.meant for one in hotels.corrections("HotelMach")] == ["HotelMatch"]


@pytest.mark.parametrize(
    "question", ["see https://recomender.io/qurey", '"recomender" verbatim', "ask recomender@example.org", "`qurey`"]
)
def test_addresses_and_quotations_are_left_alone(speller: Speller, question: str) -> None:
    assert speller.corrections(question) == []


def test_protected_spans_are_left_alone(speller: Speller) -> None:
    assert speller.corrections("papers by Serach Qurey", [(7, 22)]) == []


def test_of_two_equally_near_words_none_is_taken_unless_one_is_far_more_common() -> None:
    even = Speller(Vocabulary.of_texts(["ranker ranger"] * 5))
    assert even.corrections("ranxer") == []
    common = Speller(Vocabulary.of_texts(["ranker"] * 40 + ["ranger"] * 5))
    assert [one.meant for one in common.corrections("ranxer")] == ["ranker"]


def test_a_vocabulary_survives_being_stored() -> None:
    vocabulary = Vocabulary.of_texts(["Search-R1 and naïve Bayes", "naïve search", "Search \\textbf{engines}"])
    again = Vocabulary.load(vocabulary.dump())
    assert again.entries == vocabulary.entries
    assert "naive" in again
    assert "textbf" not in again
    assert again.entries["searchr1"].surface == "Search-R1"
    assert again.entries["search"].papers == 3


@pytest.mark.parametrize(
    ("word", "folded"), [("Search-R1", "searchr1"), ("Naïve", "naive"), ("MR²-Bench", "mr2bench"), ("Ørsted", "orsted")]
)
def test_folding(word: str, folded: str) -> None:
    assert fold(word) == folded


def test_the_dictionary_is_the_one_that_its_package_reads() -> None:
    from spellchecker import SpellChecker

    theirs = SpellChecker(language="en").word_frequency
    assert _english() == {word: theirs[word] for word in theirs.words()}
