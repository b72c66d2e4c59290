"""The English texts of the family."""

from __future__ import annotations

from typing import Final

MESSAGES: Final[dict[str, str]] = {
    "instances.list.title": "Service instances",
    "instances.all.title": "Service instances",
    "instances.one.title": "Service instance",
    "instances.binding.title": "Binding",
    "instances.secret.title": "Rotate instance secret",
    "instances.previous.title": "Revoke previous secret",
    "instances.update.title": "What would break",
    "instances.application": "Application",
    "instances.zone": "Zone",
    "instances.id": "Instance",
    "instances.client": "Client",
    "instances.plan": "Plan",
    "instances.platform": "Platform",
    "instances.types": "Credential types",
    "instances.default": "default",
    "instances.default_type": "Default for new bindings",
    "instances.bindings": "Bindings",
    "instances.binding": "Binding",
    "instances.type": "Type",
    "instances.type.binding-secret": "binding-secret",
    "instances.type.instance-secret": "instance-secret",
    "instances.type.x509": "x509",
    "instances.state": "State",
    "instances.state.accepted": "accepted",
    "instances.state.not_listed": "type not listed",
    "instances.state.expired": "expired",
    "instances.state.not_yet_valid": "not valid yet",
    "instances.state.missing": "no credential",
    "instances.created": "Created",
    "instances.expires": "Expires",
    "instances.no_expiry": "none",
    "instances.used": "Last used",
    "instances.secret_used": "Secret last used",
    "instances.per_day": "Uses per day, last 30 days",
    "instances.uses_total": "Uses",
    "instances.uses_lately": "Uses, last 30 days",
    "instances.refused": "Refused",
    "instances.counted_since": "Uses counted since",
    "instances.app": "application",
    "instances.key": "service key",
    "instances.apps": "Applications",
    "instances.keys": "Service keys",
    "instances.empty": "There is no service instance yet. Create one at the platform, for"
    " example with cf create-service.",
    "instances.none_found": "No service instance matches.",
    "instances.no_bindings": "The service instance has no bindings. Create one at the platform,"
    " for example with cf create-service-key.",
    "instances.no_binding_found": "No binding matches.",
    "instances.credentials": "Bindings and their credentials",
    # Migration
    "instances.migration": "From the instance secret to credentials per binding",
    "instances.step.M0": "M0 Secret of the instance",
    "instances.step.M1": "M1 Other default type",
    "instances.step.M2": "M2 Own credentials",
    "instances.step.M3": "M3 Apps rebound",
    "instances.step.M4": "M4 Keys replaced",
    "instances.step.M5": "M5 Secret unused",
    "instances.step.M6": "M6 Secret de-listed",
    "instances.step.M7": "M7 Deleted",
    "instances.left.M0": "New bindings get the instance secret. Next: put binding-secret or x509"
    " first in credential-types, keep instance-secret behind it, and update the instance.",
    "instances.left.M1": "Applications with the instance secret: {apps}, service keys: {keys}."
    " Next: create a service key, which gets a credential of its own.",
    "instances.left.M2": "Applications with the instance secret: {apps}, service keys: {keys}."
    " Next: bind these applications again and restage them.",
    "instances.left.M3": "Service keys with the instance secret: {keys}. Next: replace them.",
    "instances.left.M4": "No binding has the instance secret, but it was used in the last 30"
    " days, or uses are not counted for that long. Next: find the copies and wait.",
    "instances.left.M5": "The instance secret was not used for 30 days. Next: remove"
    " instance-secret from credential-types and update the instance.",
    "instances.left.M6": "The instance secret is not accepted. Remaining bindings with it can be"
    " deleted: applications {apps}, service keys {keys}.",
    # Secret
    "instances.secret.heading": "Instance secret",
    "instances.secret.none": "The service instance has no instance secret. The first binding of"
    " this type creates it.",
    "instances.secret.not_listed": "The type instance-secret is not listed, so the secret is not"
    " accepted. List it with an update before a rotation.",
    "instances.previous_until": "Previous secret accepted until",
    "instances.previous_used": "Previous secret last used",
    "instances.rotate": "Rotate instance secret",
    "instances.revoke_previous": "Revoke previous secret",
    "instances.rotation.heading": "What stops working",
    "instances.rotation.text": "After the overlap, requests with the present secret are refused,"
    " also those of copies outside of the platform. New bindings and fetches return the new"
    " secret at once.",
    "instances.afterwards": "At the platform afterwards",
    "instances.overlap": "Overlap",
    "instances.overlap.hint": "How long the present secret is accepted beside the new one.",
    "instances.overlap.7d": "7 days",
    "instances.overlap.30d": "30 days",
    "instances.overlap.1d": "1 day",
    "instances.overlap.1h": "1 hour",
    "instances.overlap.0": "none: refuse it at once",
    "instances.previous.none": "No previous secret is accepted.",
    "instances.previous.text": "Requests with the secret from before the rotation are refused at"
    " once. All tokens of the instance secret become invalid.",
    # Binding
    "instances.break.heading": "What stops working without this credential",
    "instances.break.text": "The next token request with it is refused, and its tokens become"
    " inactive at introspection. Other bindings are not affected.",
    "instances.shared.heading": "This binding has the instance secret",
    "instances.shared.text": "All bindings with the instance secret share it, so it cannot be"
    " revoked for one of them. Rotate it, or give this binding a credential of its own.",
    "instances.successor": "Another credential for its user",
    "instances.revoke": "Revoke credential",
    "instances.revoke.text": "The binding is deleted here; the platform still lists it. A"
    " deletion there succeeds afterwards.",
    # Update
    "instances.update.link": "What would another list break?",
    "instances.preview": "Show what would break",
    "instances.preview.text": "With credential-types {types}, these bindings would no longer be"
    " accepted. Nothing was changed.",
    "instances.preview.secret": "The instance secret would no longer be accepted, also where"
    " copies of it are in use. Last used:",
    "instances.preview.again": "Bindings that would be accepted again: {n}.",
    "instances.would_refuse": "The update would be refused.",
    "instances.no_differences": "No differences.",
    "instances.lost": "What stops working",
    "instances.lost.count": "Bindings that stop working: {n}",
    "instances.nothing_lost": "Nothing stops working.",
    "instances.how": "How to do it",
    "instances.how.snippet": "The part of xs-security.json:",
    "instances.how.command": "An update needs the complete file:",
    "instances.apply.title": "Apply an update",
    "instances.apply": "Apply the update",
    "instances.apply.heading": "Or apply it here",
    "instances.apply.types": "The stored xs-security.json is applied with these types. The platform"
    " is not told: its next update with parameters replaces it.",
    "instances.apply.descriptor": "The pasted xs-security.json is applied. The platform is not"
    " told: its next update with parameters replaces it.",
    "instances.choose.types": "Choose credential types",
    "instances.choose.descriptor": "Or paste the complete xs-security.json",
    "instances.descriptor.hint": "It is checked as an update is, and nothing is changed. At most"
    " 60,000 characters.",
    # What remains to be done at the platform
    "instances.next.REBIND_ALL": "Bind each application again and re-create each service key"
    " that has the instance secret: the platform delivers the new secret with new bindings.",
    "instances.next.RECREATE_ALL": "Re-create the ServiceBinding resources that have the instance"
    " secret, so that their Secrets contain the new one.",
    "instances.next.REBIND": "Bind the application again and restage it.",
    "instances.next.REPLACE_KEY": "Create another service key, give it to its user, and delete"
    " this one afterwards.",
    "instances.next.RECREATE_KEY": "Delete the service key, which the platform still has, and"
    " create another one.",
    "instances.next.RECREATE": "Delete the ServiceBinding, which the platform still has, and"
    " create another one.",
    "instances.next.ROTATE": "Rotate the ServiceBinding; the previous credentials are valid until"
    " the end of rotatedBindingTTL.",
    "instances.next.OTHER": "Create another binding at the platform of the service instance and"
    " delete the previous one.",
    "done.credential_revoked": "The credential was revoked.",
    "done.secret_rotated": "The instance secret was rotated.",
    "done.previous_secret_revoked": "The previous secret was revoked.",
    "done.instance_updated": "The service instance was updated.",
}
