"""Binding parameters: what ``cf bind-service -c`` may say."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from broker.descriptor.model import CredentialType, DescriptorPart, Flag


class BindingParameters(DescriptorPart):
    """Parameters of one binding or service key."""

    credential_type: Annotated[CredentialType | None, Field(strict=False)] = None
    hide_secret: Flag = False
