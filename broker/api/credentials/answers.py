"""From overviews and changes of credentials to their JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.api.credentials.models import (
    BindingItem,
    Following,
    InstanceCredentials,
    InstanceItem,
    LostBinding,
    Revoked,
    Rotated,
    SecretUse,
    TypeItem,
    UpdatePreview,
    Use,
    UseOfDay,
)
from broker.lifecycle.overview.migration import migration_of_overview

if TYPE_CHECKING:
    from broker.credentials.readiness import CredentialUse, HeldBinding
    from broker.lifecycle.overview.change import RevokedCredential, RotatedSecret
    from broker.lifecycle.overview.model import ListedInstance, Overview, Preview
    from broker.lifecycle.overview.next_step import NextStep


def instance_item(each: ListedInstance) -> InstanceItem:
    """Return the JSON of a listed instance."""
    return InstanceItem(
        instance_id=each.instance_id,
        name=each.name,
        app_id=each.app_id,
        plan=each.plan,
        platform=each.platform,
        credential_types=list(each.types),
        bindings=each.bindings,
        created_at=each.created_at,
        updated_at=each.updated_at,
        last_used_at=each.last_used_at,
        instance_secret_last_used_at=each.secret_used_at,
        expires_at=each.expires_at,
    )


def instance_credentials(
    found: Overview, preview: Preview | None, start_index: int, count: int
) -> InstanceCredentials:
    """Return the JSON of an instance; ``start_index`` and ``count`` are of the bindings."""
    instance, held = found.instance, found.held
    organization, space = instance.location
    return InstanceCredentials(
        instance_id=instance.instance_id,
        name=instance.name,
        app_id=instance.client.app_id,
        client_id=instance.client.client_id,
        plan=instance.plan,
        platform=instance.platform,
        organization=organization,
        space=space,
        created_at=instance.created_at,
        updated_at=instance.updated_at,
        usage_since=held.counted_since,
        migration_state=migration_of_overview(found).state,
        credential_types=[
            TypeItem(
                type=each.type,
                listed=each.is_listed,
                default=each.is_default,
                bindings=each.bindings,
                last_used_at=each.last_used_at,
                need=each.need,
            )
            for each in found.types
        ],
        instance_secret=_secret(found, held.secret) if held.secret else None,
        bindings=[_binding(found, each) for each in held.bindings],
        start_index=start_index,
        items_per_page=count,
        total_results=held.total,
        update=_preview(preview) if preview else None,
    )


def rotated_secret(rotated: RotatedSecret) -> Rotated:
    """Return the JSON of a rotation."""
    return Rotated(
        previous_accepted_until=rotated.previous_until, next_step=_following(rotated.next_step)
    )


def revoked_credential(revoked: RevokedCredential) -> Revoked:
    """Return the JSON of a revocation."""
    return Revoked(
        binding_id=revoked.binding.binding_id,
        credential_type=revoked.binding.credential_type,
        next_step=_following(revoked.next_step),
    )


def _binding(found: Overview, each: HeldBinding) -> BindingItem:
    return BindingItem(
        binding_id=each.binding_id,
        kind="app" if each.app_guid else "key",
        app_guid=each.app_guid,
        credential_type=each.type,
        state=found.state_of(each),
        created_at=each.created_at,
        credential=_use(found, each.use) if each.use else None,
    )


def _secret(found: Overview, secret: CredentialUse) -> SecretUse:
    shown = _use(found, secret).model_copy(update={"last_used_at": secret.current_used_at})
    return SecretUse(
        **dict(shown),
        previous_accepted_until=secret.previous_until,
        previous_last_used_at=secret.previous_used_at,
        delisted_at=secret.delisted_at,
    )


def _use(found: Overview, use: CredentialUse) -> Use:
    return Use(
        state=use.state(found.listed, found.at),
        created_at=use.created_at,
        expires_at=use.expires_at,
        last_used_at=use.used_at,
        accepted=use.accepted,
        refused=use.refused,
        uses_per_day=[
            UseOfDay(day=each.day, accepted=each.accepted, refused=each.refused)
            for each in use.days
        ],
        how=use.how or None,
    )


def _preview(preview: Preview) -> UpdatePreview:
    secret = preview.lost_secret
    return UpdatePreview(
        credential_types=list(preview.types),
        refused_because=preview.guarded or None,
        cut_off=[
            LostBinding(
                binding_id=each.binding_id,
                holder=each.holder,
                credential_type=each.credential_type,
                last_used_at=each.last_used_at,
            )
            for each in preview.cut_off
        ],
        instance_secret_last_used_at=secret.used_at if secret else None,
        accepted_again=[each.binding_id for each in preview.accepted_again],
    )


def _following(following: NextStep) -> Following:
    return Following(text=following.step, commands=list(following.commands))
