"""Whether a resource exists, as far as a broker reveals it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.contract.resources import Binding

if TYPE_CHECKING:
    from tests.contract.expectations import Expectation
    from tests.contract.resources import Resource
    from tests.contract.subject import Subject


def is_retrievable(subject: Subject, resource: Resource) -> bool:
    """Return whether the catalog promises that it can be fetched."""
    kind = "bindings_retrievable" if isinstance(resource, Binding) else "instances_retrievable"
    return subject.offer.has(kind)


def expect_absent(expectation: Expectation, subject: Subject, resource: Resource) -> None:
    """Expect that the resource can be neither fetched nor deleted."""
    if is_retrievable(subject, resource):
        expectation.status(subject.fetch(resource), 404)
    expectation.status(subject.delete(resource), 410)


def expect_never_created(expectation: Expectation, subject: Subject, resource: Resource) -> None:
    """Expect that refused creations left nothing behind; accepted ones are ignored."""
    puts = [each for each in subject.broker.seen if each.method == "PUT"]
    if any(each.status < 400 for each in puts if each.path == f"/v2{resource.path}"):
        expectation.not_applicable("a request that must be refused was accepted")
    else:
        expect_absent(expectation, subject, resource)


def expect_present(expectation: Expectation, subject: Subject, resource: Resource) -> None:
    """Expect that the resource still exists."""
    if is_retrievable(subject, resource):
        expectation.status(subject.fetch(resource), 200)
    else:
        expectation.done(subject.create(resource), case="sent again")


def expect_stored(expectation: Expectation, subject: Subject, resource: Resource) -> None:
    """Expect that a fetched resource has the sent parameters, if it has any."""
    if not is_retrievable(subject, resource):
        return
    fetched = subject.fetch(resource)
    if expectation.status(fetched, 200) and "parameters" in fetched.members:
        sent = resource.body.get("parameters") or {}
        holds = fetched.members["parameters"] == sent
        expectation.that("the parameters that were sent", holds, "others", case="fetched")
