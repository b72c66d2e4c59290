"""Names of databases, and mistakes in their URLs."""

from __future__ import annotations

import pytest

from broker.settings.database import complete_url, name_of, problem_of

DRIVER = "postgresql+psycopg://"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sqlite:////var/lib/xsuaa.db", "SQLite /var/lib/xsuaa.db"),
        ("sqlite:///state/store.db?timeout=1", "SQLite state/store.db"),
        (f"{DRIVER}me:word@db.example.org/xsuaa", "PostgreSQL xsuaa at db.example.org:5432"),
        (f"{DRIVER}me:w%40rd@[fd00::1]:6000/a%2Fb", "PostgreSQL a/b at [fd00::1]:6000"),
        (f"{DRIVER}/xsuaa", "PostgreSQL xsuaa at localhost:5432"),
    ],
)
def test_a_name_contains_neither_user_nor_password(url: str, name: str) -> None:
    assert str(name_of(url)) == name
    assert problem_of(url) is None


@pytest.mark.parametrize(
    "rest",
    ["me:p@ss-7@db:5432/xsuaa", "me:p/ss-7@db/xsuaa", "me:ss-7:x/@db/x", "me:[ss-7@db/x"],
)
def test_a_password_that_is_not_encoded_is_refused_with_the_remedy(rest: str) -> None:
    problem = problem_of(f"{DRIVER}{rest}") or ""
    assert "must be percent-encoded (@ as %40)" in problem
    assert "ss-7" not in problem


@pytest.mark.parametrize("url", ["mysql://u:p@h/d", "xsuaa.db", "postgresql+psycopg2://h/d"])
def test_other_databases_are_refused(url: str) -> None:
    assert problem_of(complete_url(url)) == "must start with sqlite:/// or postgresql://"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_urls_get_the_driver(scheme: str) -> None:
    assert complete_url(f"{scheme}://u@h/d") == f"{DRIVER}u@h/d"
    assert complete_url("") == ""
