"""Authors of the real library, named in sixty ways, and sentences that name none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from rag.papers.shelf import FILE_NAME, Shelf
from rag.query.lexicon.vocabulary import Vocabulary
from rag.query.limits.authors import People
from rag.sources import discover, read_source
from rag.types import Paper
from tests.support.data import shared_data

NAMED = """
    gimme all the stuff Jiafeng Guo put out this year | Jiafeng Guo
    is there anything here that Xueqi Cheng had a hand in? | Xueqi Cheng
    I met Fuli Feng at a conference, which of his papers do you hold | Fuli Feng
    show me where Tat-Seng Chua appears in the author list | Tat-Seng Chua
    tat-seng chua on multimodal recsys? | tat-seng chua
    Tat Seng Chua, recent output | Tat Seng Chua
    my supervisor Ruiming Tang told me he has something on CTR prediction | Ruiming Tang
    anything new w/ Dawei Yin on it? | Dawei Yin
    Which of these did Kun Gai sign? | Kun Gai
    Jieming Zhu - list please | Jieming Zhu
    jieming zhu | jieming zhu
    what's Julian McAuley working on these days | Julian McAuley
    What's julian mcauley working on these days | julian mcauley
    Does Maarten de Rijke still do learning to rank? | Maarten de Rijke
    maarten de rijke, may 2025, whatever you have | maarten de rijke
    has xiangnan he published on diffusion recommenders | xiangnan he
    I would like to read Xiangnan He's take on unlearning | Xiangnan He
    Please enumerate the preprints that count Seongku Kang among their authors. | Seongku Kang
    Which articles feature Jimmy Lin? | Jimmy Lin
    Lin, Jimmy: which ones do you have? | Jimmy Lin
    Can you find the Jimmy Lin paper about support assessment | Jimmy Lin
    Ruqing Zhang and Jiafeng Guo wrote something on generative retrieval, no? | Ruqing Zhang + Jiafeng Guo
    did Wenqi Fan or Xiangyu Zhao release a survey | Wenqi Fan + Xiangyu Zhao
    anything joint between Huifeng Guo and Ruiming Tang | Huifeng Guo + Ruiming Tang
    Bowen Jin's search agent, how was it trained? | Bowen Jin
    where can I read more of Bowen Jin | Bowen Jin
    the newest one from Yunshan Ma, what does it say | Yunshan Ma
    I'm a fan of Hengran Zhang; what came out? | Hengran Zhang
    count the papers in which Zhaochun Ren took part | Zhaochun Ren
    who else wrote with Mohammad Aliannejadi? | Mohammad Aliannejadi
    Mohammad Aliannejadi + conversational search | Mohammad Aliannejadi
    Hongzhi Yin group: federated recommendation | Hongzhi Yin
    Yupeng Hou and semantic ids, what did they find | Yupeng Hou
    is junchen fu in your library | junchen fu
    Laura Dietz argues something about LLM judges, what is it | Laura Dietz
    so what did laura dietz say about circularity? | laura dietz
    Hui, tell me what Zheyu Chen contributed | Zheyu Chen
    what has been going on with Enhong Chen since the summer | Enhong Chen
    Jinfeng Xu (the multimodal one) papers | Jinfeng Xu
    Have you indexed Charles L. A. Clarke? | Charles L. A. Clarke
    charles clarke on evaluation | charles clarke
    C. L. A. Clarke and LLM relevance judgments | C. L. A. Clarke
    Arjen P. de Vries, anything? | Arjen P. de Vries
    Arjen de Vries must have written on open web search | Arjen de Vries
    the paper where Ellen M. Voorhees is last | Ellen M. Voorhees
    ellen voorhees and trec: what's here | ellen voorhees
    Kevin Chen-Chuan Chang collaborated on which of these? | Kevin Chen-Chuan Chang
    what does Wayne Xin Zhao propose for LLM recommenders | Wayne Xin Zhao
    Quoc Viet Hung Nguyen has a few, name them | Quoc Viet Hung Nguyen
    papers co-signed by Flora D. Salim | Flora D. Salim
    flora salim, spatio-temporal retrieval | flora salim
    Philip S. Yu in November | Philip S. Yu
    any news about Ji-Rong Wen and agents | Ji-Rong Wen
    Look up Sercan Ö. Arık for me | Sercan Ö. Arık
    sercan o. arik deep research | sercan o. arik
    See-Kiong Ng: titles only | See-Kiong Ng
    I need citations for Chang-Dong Wang's clustering work | Chang-Dong Wang
    Guido Zuccon, dense retrieval, Australia | Guido Zuccon
    Wasn't Iadh Ounis behind some reproducibility study? | Iadh Ounis
    what about Krisztian Balog? | Krisztian Balog
    Could Hamed Zamani be the author of the one on retrieval-enhanced ML? | Hamed Zamani
    Dear assistant, kindly provide all works bearing the name of Wenjie Wang. | Wenjie Wang
"""
SURNAMES = """
    papers by Zuccon | Zuccon
    what do Dietz et al. warn of? | Dietz
    Voorhees's publications | Voorhees
    has McAuley written on music? | McAuley
    according to Bigdeli et al., what does QueryGym do | Bigdeli
"""
MISSPELT = """
    papers by Laura Deitz | Laura Dietz
    what has Maarten de Rike written | Maarten de Rijke
    anything by jiafeng gou? | jiafeng guo
    Hengrn Zhang's papers | Hengran Zhang
"""
NOBODY = """
    How does Search-R1 use a search engine while it reasons?
    can large language models judge relevance like humans do?
    Which papers are about Llama Guard or guardrails in general?
    What is Reciprocal Rank Fusion good for?
    does Deep Research always help young users
    how long do you train on average, and can you do it on one GPU
    is QueryGym better than plain query expansion?
    In Context Learning for ranking, what works
    what happened in May and June to generative retrieval
    Are there benchmarks from Amazon or from the University of Glasgow?
    list papers by topic, please
    who wrote AquiLLM?
    papers that rank by Cosine Similarity
    what do the authors of OneRec say about scaling
    Does Monte Carlo Tree Search pay off in RAG?
    music recommendation with Graph Neural Networks and Gaussian Processes
    compare Flower and GFlowGR
    thanks, that was great!
    Why did Setwise Insertion end up slower than plain Setwise?
    tell me about the Bradley Terry model in preference learning
    which is the best song recommender for long sessions
    retrieval over Stack Overflow and Hugging Face
    Give me TREC RAG Track papers
    so what can you do for me
"""


def rows(table: str) -> list[str]:
    return [line.strip() for line in table.strip().splitlines()]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], People]]:
    files = discover([shared_data() / "reports"]).files
    papers = [row for file in files for row in read_source(file) if isinstance(row, Paper)]
    shelf = Shelf(tmp_path_factory.mktemp("authors") / FILE_NAME)
    shelf.record(papers)
    vocabulary = Vocabulary.of_texts(shelf.texts())
    yield partial(People, shelf.entities, vocabulary.is_ordinary)
    shelf.close()


@pytest.mark.parametrize("row", rows(NAMED))
def test_an_author_is_found_wherever_it_stands(reader: Callable[[str], People], row: str) -> None:
    question, names = (cell.strip() for cell in row.split("|"))
    reading = reader(question).read()
    assert reading is not None
    assert reading.names == tuple(names.split(" + "))
    assert all(reading.known)


@pytest.mark.parametrize("row", [*rows(SURNAMES), *rows(MISSPELT)])
def test_where_an_author_is_asked_for_a_surname_or_a_slip_is_enough(reader: Callable[[str], People], row: str) -> None:
    question, name = (cell.strip() for cell in row.split("|"))
    reading = reader(question).read()
    assert reading is not None
    assert (reading.names, reading.known) == ((name,), (True,))


@pytest.mark.parametrize("question", rows(NOBODY))
def test_what_names_no_author_restricts_nothing(reader: Callable[[str], People], question: str) -> None:
    assert reader(question).read() is None
