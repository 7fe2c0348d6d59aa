"""A model whose vocabulary is trimmed at export: the same answers with fewer pieces."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from sentencepiece import SentencePieceProcessor
from transformers import AutoModelForCausalLM

from backend.device import SameAnswers, VocabularyResult
from backend.device.canonical import write_android_tools
from backend.errors import InputError
from backend.inference import Answer
from backend.runs import Run, TrainingSummary
from backend.scoring import score_rows
from backend.vocabulary import everyday_sentences, kept, probes
from job_templates.ml.export.vocabulary import Vocabulary, choose_vocabulary
from job_templates.ml.litert.bundle import build_metadata, write_bundle
from job_templates.ml.litert.convert import KeptRows, convert
from job_templates.ml.litert.convert.convert_worker import Preparation, prepare
from job_templates.ml.litert.verify import Expected, Subject, Trained, load_trained, unusual_rows, verify
from job_templates.ml.litert.verify.agreement import _by_id, checkpoint_answers
from job_templates.ml.litert.verify.unusual import CAPITALS, CUT, EMOJI, WITH_EMOJI, same_answers
from job_templates.ml.models.base import pretrained_base
from job_templates.ml.models.source import ModelSource, find_source
from job_templates.ml.training.export_vocabulary import export_vocabulary
from tests.jobs.test_verify import failed, silent


@pytest.fixture
def trained(exported_run: Run, monkeypatch: pytest.MonkeyPatch) -> Trained:
    """The rows of a starter, whose 2,000 pieces are few enough to be kept whole elsewhere."""
    monkeypatch.setattr(kept, "SMALLEST", 512)
    return load_trained(exported_run)


def chosen(choice: str, run: Run, trained: Trained, out: Path) -> tuple[ModelSource, Vocabulary]:
    source = find_source(str(run.path))
    return source, choose_vocabulary(choice, source, trained, trained.fmt.chat_template(trained.tools), out)


def parts_of(vocabulary: Vocabulary) -> tuple[KeptRows, VocabularyResult, Trained]:
    assert vocabulary.kept is not None
    assert vocabulary.result is not None
    assert vocabulary.trained is not None
    return vocabulary.kept, vocabulary.result, vocabulary.trained


def test_the_kept_pieces_have_the_same_logits(exported_run: Run, trained: Trained, tmp_path: Path) -> None:
    source, vocabulary = chosen("auto", exported_run, trained, tmp_path / "tokenizer")
    rows, result, own = parts_of(vocabulary)
    assert result.pieces == len(rows.ids) < result.full
    assert result.training.same == result.training.texts == len(trained.train)
    folder = prepare(source.weights, Preparation(kept=rows.ids, tokenizer=rows.tokenizer), tmp_path / "prepared")
    assert json.loads((folder / "config.json").read_bytes())["vocab_size"] == len(rows.ids)
    full, small = (AutoModelForCausalLM.from_pretrained(path).eval() for path in (source.weights, folder))
    for row in trained.train[:5]:
        prompt = trained.fmt.prompt(trained.tools, row.message)
        before, after = trained.counter.encode(prompt), own.counter.encode(prompt)
        assert [rows.ids[new] for new in after] == before
        with torch.no_grad():
            expected = full(torch.tensor([before])).logits[..., list(rows.ids)]
            torch.testing.assert_close(small(torch.tensor([after])).logits, expected)


def test_a_training_knows_how_much_an_export_keeps(exported_run: Run, trained: Trained, tmp_path: Path) -> None:
    source, vocabulary = chosen("auto", exported_run, trained, tmp_path / "tokenizer")
    (tmp_path / "work").mkdir()
    base = pretrained_base(str(source.weights), tmp_path / "work")
    recorded = export_vocabulary(exported_run.config, base, trained.fmt, trained.tools, trained.train)
    rows, result, _ = parts_of(vocabulary)
    assert recorded == {
        "hidden_size": base.model.config.hidden_size,
        "pieces": result.full,
        "kept_pieces": len(rows.ids),
        "kept_languages": "en",
    }
    summary = TrainingSummary.read(exported_run.training_path)
    assert summary.kept_pieces == summary.pieces == result.full  # a starter's few pieces are all kept


def test_the_sentence_of_a_silent_model_is_kept(exported_run: Run, trained: Trained, tmp_path: Path) -> None:
    source, plain = chosen("auto", exported_run, trained, tmp_path / "a")
    tokens, before = SentencePieceProcessor(model_file=str(source.tokenizer_model)), set(parts_of(plain)[0].ids)
    words = (tokens.decode([at]).strip() for at in range(2000))  # a sentence loses its spaces at both ends
    word = next(word for word in words if not {*tokens.encode(word)} <= before)
    config = replace(exported_run.config, no_call_answer=f"No. | de: {word}")
    own = replace(source, run=replace(exported_run, config=config))
    said = choose_vocabulary("auto", own, trained, trained.fmt.chat_template(trained.tools), tmp_path / "b")
    assert set(tokens.encode(word)) <= set(parts_of(said)[0].ids)


def test_full_and_a_model_without_rows_keep_everything(exported_run: Run, trained: Trained, tmp_path: Path) -> None:
    source, whole = chosen("full", exported_run, trained, tmp_path / "a")
    unknown = choose_vocabulary("auto", source, None, "", tmp_path / "b")
    for vocabulary in (whole, unknown):
        assert (vocabulary.kept, vocabulary.result) == (None, None)
        assert vocabulary.tokenizer_model == source.tokenizer_model
    assert list(tmp_path.iterdir()) == []


def test_a_tokenizer_that_disagrees_with_itself_is_refused_or_kept_whole(
    exported_run: Run, trained: Trained, tmp_path: Path
) -> None:
    source, _ = chosen("full", exported_run, trained, tmp_path / "a")
    folder = tmp_path / "damaged"
    folder.mkdir()
    (folder / "tokenizer.model").write_bytes(source.tokenizer_model.read_bytes())
    damaged = json.loads((source.weights / "tokenizer.json").read_bytes())
    damaged["model"]["merges"] = damaged["model"]["merges"][::-1]
    (folder / "tokenizer.json").write_text(json.dumps(damaged), encoding="utf-8")
    template = trained.fmt.chat_template(trained.tools)
    other = ModelSource(source.name, folder, source.weights, None, folder / "tokenizer.model", source.run)
    with pytest.raises(InputError, match="its merges are in another order"):
        choose_vocabulary("en", other, trained, template, tmp_path / "out")
    whole = choose_vocabulary("auto", other, trained, template, tmp_path / "out")
    assert (whole.kept, whole.tokenizer_model) == (None, folder / "tokenizer.model")


def test_unusual_messages_are_of_each_kind_and_fit(trained: Trained) -> None:
    found = unusual_rows(trained, ("en", "de"), 1024)
    assert [row.message.isupper() for row in found[CAPITALS]] == [True] * min(10, len(trained.held_out))
    assert all(EMOJI in row.message and row.calls for row in found[WITH_EMOJI])
    assert {row.message for row in found[CUT]}.isdisjoint((*everyday_sentences()["en"], *everyday_sentences()["de"]))
    assert set(probes()) < set(found)
    ids = [row.id for rows in found.values() for row in rows]
    assert len(set(ids)) == len(ids)
    assert unusual_rows(trained, ("en", "de"), 8) == {}


def test_another_answer_than_the_checkpoint_s_is_counted(trained: Trained) -> None:
    unusual = {kind: rows[:2] for kind, rows in unusual_rows(trained, ("en",), 1024).items() if kind in (CAPITALS, CUT)}
    asked = [row for rows in unusual.values() for row in rows]
    texts = [trained.fmt.completion(row.calls, row.answer) for row in asked]
    checkpoint = _by_id(score_rows(asked, texts, trained.tools, trained.fmt).rows)
    answers = [Answer(raw=text) for text in [*texts[:-1], trained.fmt.completion(asked[0].calls, "")]]
    found = same_answers(unusual, answers, checkpoint, trained.tools, trained.fmt)
    assert found == {CAPITALS: SameAnswers(2, 2), CUT: SameAnswers(2, 1)}


@pytest.mark.slow  # the tests above hold its parts
def test_a_trimmed_file_passes_and_with_another_tokenizer_it_fails(
    exported_run: Run, trained: Trained, tmp_path: Path
) -> None:
    source, vocabulary = chosen("auto", exported_run, trained, tmp_path / "tokenizer")
    rows, result, own = parts_of(vocabulary)
    model = convert(source, tmp_path, (32, 256), 1024, lambda *_: None, (), rows)
    template, file = own.fmt.chat_template(own.tools), tmp_path / "small.litertlm"
    write_android_tools(own.tools, tmp_path / "tools_android.json")
    write_bundle(file, model.tflite, vocabulary.tokenizer_model, build_metadata("native", template, 1024))
    expected = Expected("native", template, vocabulary.tokenizer_model.read_bytes(), 1024)
    unusual = unusual_rows(own, result.languages, 1024)
    more = [row for found in unusual.values() for row in found]
    subject = Subject(file, expected, own, lambda: checkpoint_answers(source, own, more), result, unusual)
    record = verify(subject, silent).to_dict()
    assert (record["verdict"], failed(record)) == ("passed", {"constrained decoding"})
    answers = record["vocabulary"].pop("answers")
    assert {**record["vocabulary"], "answers": {}} == result.to_dict()
    assert {kind: one["asked"] for kind, one in answers.items()} == {kind: len(rows) for kind, rows in unusual.items()}
    assert all(0 <= one["same"] <= one["asked"] for one in answers.values())
    agreement = record["checkpoint_agreement"]
    assert agreement["same"] >= 0.95 * agreement["rows"]  # two tokens may be as likely within the precision
    write_bundle(file, model.tflite, source.tokenizer_model, build_metadata("native", template, 1024))
    assert failed(verify(subject, silent).to_dict()) == {"tokenizer"}
