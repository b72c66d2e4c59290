"""The fields of a new password in a form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.identity.password_policy import MAX_LENGTH, PasswordRule
from broker.login.pages.views import Message
from broker.login.single_value import single

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

    from broker.identity.password_policy import PasswordPolicy, PasswordRefused

DIFFERENT = Message("password.different")


def new_password(form: MultiDict[str, str]) -> str | None:
    """Return the new password of the form, None if it is not repeated exactly."""
    password = single(form.getlist("new_password"))
    return password if password == single(form.getlist("new_password_repeated")) else None


def refusal(error: PasswordRefused, policy: PasswordPolicy) -> Message:
    """Return the message for a password that breaks a rule of the policy."""
    values = {
        PasswordRule.SHORT: {"min_length": policy.min_length},
        PasswordRule.LONG: {"max_length": MAX_LENGTH},
    }
    return Message(f"password.{error.rule}", values.get(error.rule, {}))
