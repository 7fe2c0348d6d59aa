"""A linear classifier over character and word n-grams: fast, accurate on short texts, and a baseline for any model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def ngram_features(fewest_texts: int = 1) -> Any:
    """Returns an unfitted scikit-learn transformer from texts to sparse TF-IDF weights of letter and word n-grams.

    Letter n-grams that occur in fewer than `fewest_texts` texts are left out.
    """
    # the import of scikit-learn takes a second
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import FeatureUnion

    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, min_df=fewest_texts)
    words = TfidfVectorizer(analyzer="word", token_pattern=r"\w+", ngram_range=(1, 2), sublinear_tf=True)
    return FeatureUnion([("letters", letters), ("words", words)])


def linear_classifier(seed: int) -> Any:
    """Returns an unfitted one-against-rest logistic regression; it needs at least two labels."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    return OneVsRestClassifier(LogisticRegression(C=10.0, solver="liblinear", dual=True, tol=0.05, random_state=seed))


def predict_labels(train: Sequence[str], labels: Sequence[str], texts: Sequence[str], seed: int) -> list[str]:
    """Returns the predicted label of each text, learned from the training texts; with one label, that label."""
    if len(set(labels)) < 2:
        return [labels[0]] * len(texts)
    features = ngram_features()
    model = linear_classifier(seed).fit(features.fit_transform(train), list(labels))
    return [str(label) for label in model.predict(features.transform(texts))]
