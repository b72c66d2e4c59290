"""Certificate authorities, and the columns of certificate credentials.

Revision: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "certificate_authority",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("thumbprint", sa.String(length=64), nullable=False),
        sa.Column("sealed_private_key", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_authority")),
        sa.UniqueConstraint("thumbprint", name=op.f("uq_certificate_authority_thumbprint")),
        comment="Authorities that issue or issued managed certificates; trusted till they expire.",
    )
    op.add_column("credential", sa.Column("names", sa.String(length=64), nullable=True))
    op.add_column("credential", sa.Column("not_before", _TIME, nullable=True))
    op.add_column("credential", sa.Column("not_after", _TIME, nullable=True))
    op.add_column("credential", sa.Column("issuer_path", sa.Text(), nullable=True))
    op.add_column("service_binding", sa.Column("expires_at", _TIME, nullable=True))
    op.add_column("service_binding", sa.Column("private_key_until", _TIME, nullable=True))


def downgrade() -> None:
    op.drop_column("service_binding", "private_key_until")
    op.drop_column("service_binding", "expires_at")
    op.drop_column("credential", "issuer_path")
    op.drop_column("credential", "not_after")
    op.drop_column("credential", "not_before")
    op.drop_column("credential", "names")
    op.drop_table("certificate_authority")
