"""Binding parameters, as passed with ``cf bind-service -c``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from broker.descriptor.model import CredentialType
from broker.descriptor.part import DIGITS, DescriptorPart, Flag, broken_rule, integer_text

MAX_CERTIFICATE_TEXT = 96_000
"""Characters of PEM: four certificates of 16 KB, with room for line breaks."""


KEY_LENGTHS = (2048, 4096, 8192)
"""Bits of an RSA key."""

MAX_DAYS = 30
"""Validity of a managed certificate."""


class ValidityType(StrEnum):
    """The unit of ``validity``."""

    DAYS = "DAYS"


def _number_or_text(number: dict[str, object]) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [number, {"type": "string", "pattern": DIGITS}]})


def _supported_length(bits: int) -> int:
    if bits not in KEY_LENGTHS:
        raise broken_rule(f"{str(bits)[:20]} bits", f"{', '.join(map(str, KEY_LENGTHS))} bits")
    return bits


class X509Parameters(DescriptorPart):
    """Parameters of a managed certificate, or a self-managed certificate."""

    key_length: Annotated[
        int,
        BeforeValidator(integer_text),
        AfterValidator(_supported_length),
        _number_or_text({"type": "integer", "enum": list(KEY_LENGTHS)}),
    ] = 2048
    validity: Annotated[
        int,
        BeforeValidator(integer_text),
        Field(ge=1, le=MAX_DAYS),
        _number_or_text({"type": "integer", "minimum": 1, "maximum": MAX_DAYS}),
    ] = 7
    validity_type: Annotated[ValidityType, Field(strict=False)] = ValidityType.DAYS
    certificate: Annotated[str | None, Field(max_length=MAX_CERTIFICATE_TEXT)] = None
    certificate_pinning: Flag = True
    hide_certificate: Flag = False

    @property
    def is_self_managed(self) -> bool:
        """Whether the user supplies the certificate."""
        return self.certificate is not None

    @model_validator(mode="after")
    def _no_contradiction(self) -> Self:
        """Raise for parameters of the other kind of certificate (H-33)."""
        if self.is_self_managed:
            managed = {"key_length": "key-length", "validity": "validity"}
            managed |= {"validity_type": "validity-type"}
            given = [managed[name] for name in managed if name in self.model_fields_set]
            if given:
                raise broken_rule(
                    f"certificate together with {', '.join(given)}",
                    "either your own certificate, or key-length and validity of a managed one",
                )
        elif not self.certificate_pinning:
            raise broken_rule(
                "certificate-pinning false without certificate",
                "false only with your own certificate; a managed one is always pinned",
            )
        return self


class BindingParameters(DescriptorPart):
    """Parameters of one binding or service key."""

    credential_type: Annotated[CredentialType | None, Field(strict=False)] = None
    hide_secret: Flag = False
    x509: X509Parameters | None = None
