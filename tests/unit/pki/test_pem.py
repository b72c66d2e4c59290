"""PEM files that are cut off anywhere."""

from __future__ import annotations

import pytest

from broker.pki.pem import require_whole
from tests.support.pki import an_authority

FIRST, SECOND = an_authority("First").pem, an_authority("Second").pem
BUNDLE = (FIRST + SECOND).encode()
BETWEEN = {0, len(FIRST) - 1, len(FIRST), len(BUNDLE) - 1, len(BUNDLE)}


def test_a_file_that_ends_within_a_certificate_is_refused() -> None:
    for length in range(len(BUNDLE) + 1):
        if length in BETWEEN:
            require_whole(BUNDLE[:length])
        else:
            with pytest.raises(ValueError, match="truncated"):
                require_whole(BUNDLE[:length])


def test_a_file_that_begins_within_a_certificate_is_refused() -> None:
    for length in range(len(FIRST) - 40):
        if length:
            with pytest.raises(ValueError, match="truncated"):
                require_whole(BUNDLE[length:])


def test_text_between_certificates_is_allowed() -> None:
    require_whole(b"# one\n-----\n" + BUNDLE + b"\n-- end --\n- done")
